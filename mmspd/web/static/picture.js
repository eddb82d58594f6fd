// The picture: chosen, dropped, taken with the camera, or an example; and the boxes of the people in it.
// Runs when gradio has put the HTML of the component into `element`. Everything it sends goes to this server.
const find = (name) => element.querySelector(`[data-part="${name}"]`);
const input = find('file'), status = find('status'), stage = find('stage'), image = find('image');
const problem = find('problem'), pen = find('pen'), shutter = find('shutter');
const canvas = find('canvas'), boxes = find('boxes'), camera = find('camera'), video = find('video');
const state = { token: '', width: 0, height: 0, drag: null, stream: null, number: 0 };

// What is shown belongs to the picture before; see results.js.
const outdate = () => document.dispatchEvent(new Event('mmspd-outdated'));
// What the button of the page sends along; see page.py.
window.mmspdPicture = () => {
  outdate();
  return [state.token, boxes.value];
};

function say(text, wrong) {
  status.textContent = wrong ? '' : text;
  problem.textContent = wrong ? text : '';
}

// The button of the page, which gradio may put there later than this.
function allowAnalysis(allowed) {
  const button = document.querySelector('#analyse');
  if (button) button.disabled = !allowed;
}

async function fetched(address) {
  const reply = await fetch(address);
  if (!reply.ok) throw new Error(`status ${reply.status}`);
  return reply.blob();
}

// `source` gives the file, or a promise of it.
async function take(source, suggested) {
  const number = ++state.number;
  state.token = '';
  outdate();
  allowAnalysis(false);
  say('Sending …');
  let answer, reply, file;
  try {
    file = await source();
    reply = await fetch(new URL('mmspd/pictures', document.baseURI), { method: 'POST', body: file });
    answer = await reply.json();
  } catch (error) {
    answer = { error: 'The server cannot be reached, or did not take the file. Try again.' };
  }
  if (number !== state.number) return; // another picture was chosen meanwhile
  allowAnalysis(true);
  if (!reply || !reply.ok) {
    stage.hidden = true;
    say(answer.error || 'The server did not take the file.', true);
    return;
  }
  Object.assign(state, answer);
  boxes.value = suggested || '';
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(file);
  stage.hidden = false;
  say(`${state.width} x ${state.height} pixels. If there are several people, press “Draw boxes”.`);
  draw();
}

const send = (file) => take(() => file);
input.addEventListener('change', () => {
  if (input.files.length) send(input.files[0]);
  input.value = '';
});
const drop = find('drop');
for (const name of ['dragover', 'dragleave', 'drop']) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.toggle('over', name === 'dragover');
    if (name === 'drop' && event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
  });
}
for (const button of element.querySelectorAll('[data-example]')) {
  const { src } = button.querySelector('img');
  button.addEventListener('click', () => take(() => fetched(src), button.dataset.boxes));
}

// The camera. Browsers give it to pages of this machine and of https alone.
function stopCamera() {
  if (state.stream) state.stream.getTracks().forEach((track) => track.stop());
  state.stream = video.srcObject = null;
  find('shot').hidden = true;
  camera.hidden = false;
}
if (navigator.mediaDevices) camera.hidden = false;
camera.addEventListener('click', async () => {
  stopCamera();
  camera.hidden = true; // until the camera is off again
  shutter.disabled = true;
  try {
    state.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  } catch (error) {
    camera.hidden = false;
    say('There is no camera, or the browser does not allow its use.', true);
    return;
  }
  video.srcObject = state.stream;
  find('shot').hidden = false;
});
for (const name of ['loadedmetadata', 'resize']) {
  video.addEventListener(name, () => { shutter.disabled = !video.videoWidth; });
}
find('cancel').addEventListener('click', stopCamera);
shutter.addEventListener('click', () => {
  const frame = document.createElement('canvas');
  [frame.width, frame.height] = [video.videoWidth, video.videoHeight];
  frame.getContext('2d').drawImage(video, 0, 0);
  stopCamera();
  frame.toBlob((blob) => send(blob), 'image/jpeg', 0.95);
});

// Boxes: the text is what counts; drawing adds a line to it. While it is off a finger scrolls the page.
pen.addEventListener('click', () => {
  const on = canvas.classList.toggle('drawing');
  pen.setAttribute('aria-pressed', String(on));
});
function rectangles() {
  return boxes.value.split('\n').map((line) => line.split(/[\s,;]+/).filter(Boolean).map(Number))
    .filter((box) => box.length === 4 && box.every(Number.isFinite));
}
function draw() {
  const ink = canvas.getContext('2d');
  [canvas.width, canvas.height] = [canvas.clientWidth, canvas.clientHeight];
  if (!state.width) return;
  const [across, down] = [canvas.width / state.width, canvas.height / state.height];
  const shown = state.drag ? [...rectangles(), state.drag] : rectangles();
  ink.font = 'bold 14px sans-serif';
  shown.forEach(([x1, y1, x2, y2], index) => {
    for (const [colour, width] of [['#000', 4], ['#fff', 2]]) {
      ink.strokeStyle = colour;
      ink.lineWidth = width;
      ink.strokeRect(x1 * across, y1 * down, (x2 - x1) * across, (y2 - y1) * down);
    }
    ink.fillStyle = '#000';
    ink.fillRect(x1 * across, y1 * down, 18, 18);
    ink.fillStyle = '#fff';
    ink.fillText(String(index + 1), x1 * across + 5, y1 * down + 14);
  });
}
function place(event) {
  const area = canvas.getBoundingClientRect();
  const part = (value, length) => Math.min(Math.max(value / length, 0), 1);
  return [
    Math.round(part(event.clientX - area.left, area.width) * state.width),
    Math.round(part(event.clientY - area.top, area.height) * state.height),
  ];
}
let start = null;
canvas.addEventListener('pointerdown', (event) => {
  if (!canvas.classList.contains('drawing')) return;
  start = place(event);
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener('pointermove', (event) => {
  if (!start) return;
  const end = place(event);
  state.drag = [0, 1].map((axis) => Math.min(start[axis], end[axis]))
    .concat([0, 1].map((axis) => Math.max(start[axis], end[axis])));
  draw();
});
for (const name of ['pointerup', 'pointercancel']) {
  canvas.addEventListener(name, () => {
    const box = state.drag;
    [start, state.drag] = [null, null];
    const large = box && box[2] - box[0] >= 0.02 * state.width && box[3] - box[1] >= 0.02 * state.height;
    if (name === 'pointerup' && large) {
      boxes.value = boxes.value.trimEnd() + (boxes.value.trim() ? '\n' : '') + box.join(', ');
    }
    draw();
  });
}
find('clear').addEventListener('click', () => { boxes.value = ''; draw(); });
boxes.addEventListener('input', draw);
new ResizeObserver(draw).observe(canvas);
input.dataset.ready = 'true';
