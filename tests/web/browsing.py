"""A real browser for the tests of the page, and what a visitor does in it."""

import shutil

import pytest

sync_api = pytest.importorskip('playwright.sync_api')

BROWSER = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason='there is no Chromium')
ARGUMENTS = (
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
)  # fmt: skip
PATIENCE = 60_000  # milliseconds


@pytest.fixture(scope='module', name='browser')
def opened_browser():
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture(name='visit')
def opened_page(browser, page_server):
    """Opens the page; afterwards nothing may have come from elsewhere, and no script may have failed."""
    contexts, addresses, failures = [], [], []

    def opened(width=1300, **options):
        size = dict(width=width, height=900)
        contexts.append(browser.new_context(viewport=size, accept_downloads=True, **options))
        contexts[-1].grant_permissions(['camera'])
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on('request', lambda request: addresses.append(request.url))
        page.on('pageerror', lambda error: failures.append(str(error)))
        page.on('console', lambda message: failures.append(message.text) if 'Security Policy' in message.text else None)
        page.goto(f'http://127.0.0.1:{page_server.port}/')
        page.get_by_test_id('drop').wait_for()
        page.locator('[data-testid=file][data-ready=true]').wait_for(state='attached')
        page.locator('#analyse').wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    ours = (f'http://127.0.0.1:{page_server.port}/', f'blob:http://127.0.0.1:{page_server.port}/', 'data:')
    assert addresses
    assert [address for address in addresses if not address.startswith(ours)] == []
    assert failures == []


def choose(page, data, name='a.png', kind='image/png'):
    page.get_by_test_id('file').set_input_files(dict(name=name, mimeType=kind, buffer=data))


def status(page, text):
    page.get_by_test_id('status').filter(has_text=text).wait_for()


def problem(page, text):
    page.get_by_role('alert').filter(has_text=text).wait_for()


def analyse(page):
    page.locator('#analyse').click()
    page.locator('[data-testid=results][data-ready=true]').wait_for()
