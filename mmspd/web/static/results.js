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
// What is marked, in cells of the map, and how it was: 'mouse', 'touch', 'pen' or 'keys'.
let shown = null, map = null, spot = null, kind = 'mouse';

function outdated(old) {
  find('old').hidden = !old;
  find('results').classList.toggle('outdated', old);
}
document.addEventListener('mmspd-outdated', () => outdated(true));

async function show() {
  const results = find('results');
  shown = props.value ? JSON.parse(props.value) : null;
  [map, spot] = [null, null];
  outdated(false);
  leave();
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
  const frame = make('div', { className: 'frame', tabIndex: 0 }, [picture, make('span', { className: 'mark', hidden: true })]);
  frame.setAttribute('role', 'application'); // so that screen readers leave it the arrow keys
  frame.setAttribute('aria-label', `${view.title}; the arrow keys move a mark`);
  for (const name of ['pointermove', 'pointerdown']) frame.addEventListener(name, point);
  frame.addEventListener('pointerleave', (event) => { if (event.pointerType === 'mouse') leave(); });
  frame.addEventListener('keydown', move);
  frame.addEventListener('blur', () => { if (kind === 'keys') leave(); });
  const legend = view.legend.map(({ name, colour }) => make('li', {}, [swatch(colour), name]));
  return make('figure', {}, [
    make('figcaption', { textContent: view.title }), frame, make('ul', { className: 'legend' }, legend),
  ]);
}

function areas({ areas: rows, persons, views }) {
  if (!rows.length) return [make('caption', { textContent: views.length ? 'No body was found.' : '' })];
  const several = persons > 1 ? Array.from({ length: persons }, (_, index) => `person ${index + 1}`) : [];
  const head = ['class', 'pixels', '% of the body', ...several]
    .map((text) => make('th', { scope: 'col', textContent: text }));
  const body = rows.map((row) => make('tr', {}, [
    make('th', { scope: 'row' }, [swatch(row.colour), row.name]),
    ...[row.pixels, row.share.toFixed(1), ...(several.length ? row.persons : [])]
      .map((value) => make('td', { textContent: String(value) })),
  ]));
  return [make('thead', {}, [make('tr', {}, head)]), make('tbody', {}, body)];
}

function point(event) {
  const area = event.currentTarget.querySelector('img').getBoundingClientRect();
  const across = (event.clientX - area.left) / area.width, down = (event.clientY - area.top) / area.height;
  if (!map || across < 0 || across >= 1 || down < 0 || down >= 1) return leave();
  kind = event.pointerType;
  return mark(event.currentTarget, across, down);
}

// The arrow keys go by one cell of the map, with Shift by ten; Escape hides the mark.
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
function move(event) {
  if (event.key === 'Escape') leave();
  if (!map || !STEPS[event.key] || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const { width, height } = shown.pointer;
  const by = STEPS[event.key].map((step) => step * (event.shiftKey ? 10 : 1));
  const [x, y] = spot ? [spot[0] + by[0], spot[1] + by[1]] : [Math.floor(width / 2), Math.floor(height / 2)];
  const [column, row] = [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
  kind = 'keys';
  mark(event.currentTarget, (column + 0.5) / width, (row + 0.5) / height);
  find('spoken').textContent = find('tip').textContent;
}

// Mark a place in all views and say what is there: class, part, U, V and person, from the map (5, h, w).
function mark(frame, across, down) {
  const { width, height } = shown.pointer;
  spot = [Math.floor(across * width), Math.floor(down * height)];
  const cell = spot[1] * width + spot[0];
  const [label, part, u, v, person] = [0, 1, 2, 3, 4].map((layer) => map[layer * width * height + cell]);
  const lines = [`x ${Math.floor(across * shown.width)}, y ${Math.floor(down * shown.height)}`];
  lines.push(`class: ${shown.classes[label]}`);
  lines.push(part ? `part: ${shown.parts[part]}, U ${(u / 255).toFixed(2)}, V ${(v / 255).toFixed(2)}` : 'part: none');
  if (shown.persons > 1 && person) lines.push(`person ${person}`);
  const area = frame.querySelector('img').getBoundingClientRect();
  showTip(lines.join('\n'), area.left + across * area.width, area.top + down * area.height);
  for (const each of element.querySelectorAll('.mark')) {
    each.hidden = kind !== 'keys' && frame.contains(each);
    each.style.left = `${100 * across}%`;
    each.style.top = `${100 * down}%`;
  }
}

// Beside the pointer; above a finger, which hides what is below it.
function showTip(text, x, y) {
  const tip = find('tip');
  tip.textContent = text;
  tip.hidden = false;
  const right = x + tip.offsetWidth + 20 < window.innerWidth;
  tip.style.left = `${Math.max(4, right ? x + 14 : x - tip.offsetWidth - 14)}px`;
  const space = kind === 'touch' ? 36 : 14;
  const above = (kind === 'touch' && y > tip.offsetHeight + space) || y + tip.offsetHeight + 20 > window.innerHeight;
  tip.style.top = `${above ? y - tip.offsetHeight - space : y + space}px`;
}

function leave() {
  find('tip').hidden = true;
  find('spoken').textContent = '';
  for (const each of element.querySelectorAll('.mark')) each.hidden = true;
}
// What a finger left marked goes with a touch elsewhere, or when the page is scrolled.
document.addEventListener('pointerdown', (event) => { if (!event.target.closest('.mmspd-results .frame')) leave(); });
document.addEventListener('scroll', () => { if (kind === 'touch') leave(); }, true);

watch('value', show);
