// The results: views with what is under the pointer, areas, downloads. Runs when gradio has put the HTML of the component
// into `element`; the value is JSON, see analysis.py. Texts go in as text, never as HTML.
const find = (name) => element.querySelector(`[data-part="${name}"]`);
const make = (tag, fields = {}, children = []) => {
  const made = Object.assign(document.createElement(tag), fields);
  made.append(...children);
  return made;
};
const swatch = (colour) => {
  const made = make('i', { className: 'swatch' });
  made.style.background = colour;
  return made;
};
let shown = null, map = null;

async function show() {
  const results = find('results');
  shown = props.value ? JSON.parse(props.value) : null;
  map = null;
  results.hidden = !shown;
  results.dataset.ready = 'false';
  find('empty').hidden = Boolean(shown);
  if (!shown) return;
  const address = (file) => new URL(`mmspd/results/${shown.token}/${file}`, document.baseURI).href;
  find('remark').textContent = shown.remark;
  find('views').replaceChildren(...shown.views.map((view) => figure(view, address(view.file))));
  find('areas').replaceChildren(...areas(shown));
  find('downloads').replaceChildren(...shown.downloads.map(({ file, title }) => make('li', {}, [
    make('a', { href: address(file), download: file, textContent: title }),
  ])));
  const { top } = results.getBoundingClientRect();
  if (top < 0 || top > window.innerHeight / 2) results.scrollIntoView({ behavior: 'smooth', block: 'start' });
  const [token, reply] = [shown.token, await fetch(address(shown.pointer.file))];
  const bytes = new Uint8Array(await reply.arrayBuffer());
  if (reply.ok && shown && shown.token === token) map = bytes;
  results.dataset.ready = String(map !== null);
}

function figure(view, source) {
  const picture = make('img', { src: source, alt: view.title, draggable: false });
  const frame = make('div', { className: 'frame' }, [picture, make('span', { className: 'mark', hidden: true })]);
  for (const name of ['pointermove', 'pointerdown']) frame.addEventListener(name, point);
  frame.addEventListener('pointerleave', leave);
  const legend = view.legend.map(({ name, colour }) => make('li', {}, [swatch(colour), name]));
  return make('figure', {}, [
    make('figcaption', { textContent: view.title }), frame, make('ul', { className: 'legend' }, legend),
  ]);
}

function areas({ areas: rows, persons, views }) {
  if (!rows.length) return [make('caption', { textContent: views.length ? 'No body was found.' : '' })];
  const several = persons > 1 ? Array.from({ length: persons }, (_, index) => `person ${index + 1}`) : [];
  const head = ['class', 'pixels', '% of the body', ...several].map((text) => make('th', { textContent: text }));
  const body = rows.map((row) => make('tr', {}, [
    make('td', {}, [swatch(row.colour), row.name]),
    ...[row.pixels, row.share.toFixed(1), ...(several.length ? row.persons : [])]
      .map((value) => make('td', { textContent: String(value) })),
  ]));
  return [make('thead', {}, [make('tr', {}, head)]), make('tbody', {}, body)];
}

// What is under the pointer: class, part, U, V and person, from the map (5, h, w).
function point(event) {
  const area = event.currentTarget.querySelector('img').getBoundingClientRect();
  const across = (event.clientX - area.left) / area.width, down = (event.clientY - area.top) / area.height;
  if (!map || across < 0 || across >= 1 || down < 0 || down >= 1) return leave();
  const { width, height } = shown.pointer;
  const cell = Math.floor(down * height) * width + Math.floor(across * width);
  const [label, part, u, v, person] = [0, 1, 2, 3, 4].map((layer) => map[layer * width * height + cell]);
  const lines = [`x ${Math.floor(across * shown.width)}, y ${Math.floor(down * shown.height)}`];
  lines.push(`class: ${shown.classes[label]}`);
  lines.push(part ? `part: ${shown.parts[part]}, U ${(u / 255).toFixed(2)}, V ${(v / 255).toFixed(2)}` : 'part: none');
  if (shown.persons > 1 && person) lines.push(`person ${person}`);
  const tip = find('tip');
  tip.textContent = lines.join('\n');
  tip.hidden = false;
  const right = event.clientX + tip.offsetWidth + 20 < window.innerWidth;
  tip.style.left = `${Math.max(4, right ? event.clientX + 14 : event.clientX - tip.offsetWidth - 14)}px`;
  const above = event.clientY + tip.offsetHeight + 20 > window.innerHeight;
  tip.style.top = `${above ? event.clientY - tip.offsetHeight - 14 : event.clientY + 14}px`;
  for (const mark of element.querySelectorAll('.mark')) {
    mark.hidden = event.currentTarget.contains(mark);
    mark.style.left = `${100 * across}%`;
    mark.style.top = `${100 * down}%`;
  }
  return undefined;
}
function leave() {
  find('tip').hidden = true;
  for (const mark of element.querySelectorAll('.mark')) mark.hidden = true;
}

watch('value', show);
