"""The page: what stands where, and what its button does. Needs gradio."""

import html
import json
import logging
import os
import traceback
from importlib import resources
from typing import Any, Final

from mmengine.logging import print_log

from mmspd.anatomy import PALETTES
from mmspd.web.desk import Desk
from mmspd.web.examples import EXAMPLES
from mmspd.web.limits import InputError

__all__ = ['build_page', 'import_gradio', 'page_style']

_TITLE: Final = 'Parsing, joints and body surface'
_SHIPPED_ABOUT: Final = (
    'One network parses clothes and limbs, finds 16 joints and maps pixels to the surface of the body. It was trained '
    'on rendered people only and has never seen a photograph: expect mistakes on real ones.'
)
_PALETTE_NAMES: Final = dict(zip(PALETTES, ('default', 'for colour-blind people'), strict=True))
# In place of the values of two hidden fields comes what picture.js has: the picture's token and the boxes.
_COLLECT: Final = '(token, boxes, tta, palette) => [...window.mmspdPicture(), tta, palette]'
_FONTS: Final = ('system-ui', '-apple-system', 'Segoe UI', 'Roboto', 'sans-serif')  # of the visitor's machine


def import_gradio() -> Any:
    """Gradio, told to call nobody.

    Raises:
        ImportError: If it is missing.
    """
    os.environ['GRADIO_ANALYTICS_ENABLED'] = 'False'
    os.environ['HF_HUB_DISABLE_TELEMETRY'] = '1'
    try:
        import gradio
    except ImportError as error:
        raise ImportError('the web page needs gradio: pip install -r requirements/web.txt') from error
    return gradio


def page_style() -> dict[str, Any]:
    """Theme and style sheet, as gradio's ``mount_gradio_app`` and ``launch`` take them; no font is downloaded."""
    themes = import_gradio().themes
    return dict(theme=themes.Base(font=list(_FONTS), font_mono=['monospace']), css=_static('page.css'))


def build_page(desk: Desk, about: str | None = None) -> Any:
    """The page.

    It works behind :class:`~mmspd.web.gateway.Gateway` alone, which takes its pictures in and hands its results out.

    Args:
        desk (Desk): Does the work.
        about (str, optional): A sentence on the model, plain text. Defaults to None: what is known of it.

    Returns:
        gradio.Blocks: The page, not launched.

    Raises:
        ImportError: If gradio is missing.
    """
    gradio = import_gradio()
    if about is None:
        shipped = desk.inferencer.name == 'spd_small'
        about = _SHIPPED_ABOUT if shipped else f'The model is {desk.inferencer.name}.'

    def run(token: str, boxes: str, tta: bool, palette: str, request: gradio.Request) -> str:  # type: ignore[name-defined]
        client = request.client.host if request.client else 'unknown'
        return _answer(desk, gradio, (str(token), str(boxes), bool(tta), str(palette)), client)

    with gradio.Blocks(title=_TITLE, analytics_enabled=False, fill_width=True) as page:
        gradio.HTML(f'<h1>{_TITLE}</h1><p class="mmspd-about">{html.escape(about)}</p>')
        with gradio.Row():
            with gradio.Column(scale=1, min_width=300):
                gradio.HTML(html_template=_picture_html(desk), js_on_load=_static('picture.js'))
                hidden = [gradio.Textbox(visible=False) for _ in range(2)]
                tta = gradio.Checkbox(label='Average over sizes and mirror images (slower)')
                choices = [(name, palette) for palette, name in _PALETTE_NAMES.items()]
                palette = gradio.Radio(choices, value=PALETTES[0], label='Colours')
                button = gradio.Button('Analyse', variant='primary', elem_id='analyse')
            with gradio.Column(scale=3, min_width=300):
                results = gradio.HTML(
                    html_template=_static('results.html'), js_on_load=_static('results.js'), min_height=80
                )
        button.click(
            run,
            [*hidden, tta, palette],
            results,
            js=_COLLECT,
            api_visibility='private',
            concurrency_limit=1,
            show_progress_on=results,
        )
    page.queue(max_size=desk.limits.waiting, default_concurrency_limit=1, api_open=False)
    return page


def _answer(desk: Desk, gradio: Any, asked: tuple[str, str, bool, str], client: str) -> str:
    """The results as JSON, or gradio's error with a message for the visitor."""
    try:
        return json.dumps(desk.analyse(*asked, client))
    except InputError as error:
        raise gradio.Error(html.escape(str(error)), print_exception=False) from error
    except Exception as error:  # the server goes on; the log has the rest
        print_log(f'an analysis failed:\n{traceback.format_exc()}', logger='current', level=logging.ERROR)
        message = 'The server could not analyse this picture. Try another one.'
        raise gradio.Error(message, print_exception=False) from error


def _picture_html(desk: Desk) -> str:
    """The part where pictures are chosen."""
    examples = ''.join(
        f'<button type="button" data-example="{example.file}" data-boxes="{example.boxes}" title="{example.title}">'
        f'<img src="mmspd/examples/{example.file}" alt="{example.title}"></button>'
        for example in EXAMPLES
    )
    alone = 'the detector finds them' if desk.inferencer.detector else 'the whole picture is one person'
    size = f'{desk.limits.upload_bytes / 2**20:.3g} MiB'
    pixels = f'{desk.limits.pixels / 1e6:.3g} million pixels'
    text = _static('picture.html').replace('@examples', examples).replace('@none', alone)
    return text.replace('@bytes', size).replace('@pixels', pixels)


def _static(name: str) -> str:
    """A text file of the page."""
    return (resources.files('mmspd.web') / 'static' / name).read_text(encoding='utf-8')
