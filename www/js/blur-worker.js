/**
 * The worker of background-blur.js: takes pictures from one stream and gives them, blurred around the person or with another
 * background, to another. Until the model is there the whole picture is blurred. A message says that something "failed" (pictures then stop, or stay blurred), or
 * that this computer is too "slow", or is "quick" again.
 *
 * Its file comes with a content security policy of its own, which allows WebAssembly (lighttpd.conf, scripts/apache).
 */

/** What the model takes. */
const WIDTH = 256;
const HEIGHT = 144;
const BLUR_PX = 6; // of these, where nothing else is said, and until the model is there
/** Likelihoods between these become the soft edge between person and background. */
const SURELY_BEHIND = 0.5;
const SURELY_PERSON = 0.9;

const PICTURE_EVERY_MS = 1000 / 24;
/** At most this part of one processor's time is used: a slow computer gets fewer pictures. */
const BUSY = 0.6;
/** Where a picture takes longer than this (a mean of the last ones), people notice. */
const SLOW_MS = 100;
const MEAN_OF = 10;

const small = canvas(WIDTH, HEIGHT);
const blurred = canvas(WIDTH, HEIGHT);
const person = canvas(WIDTH, HEIGHT);
const picture = canvas(WIDTH, HEIGHT);
const mask = new ImageData(WIDTH, HEIGHT);

/** What is seen behind the person; null: blurred. @type {CanvasImageSource | null} */
let scene = null;
let blurPx = BLUR_PX;

/** @type {import('../vendor/segmenter.mjs').ImageSegmenter | null} */
let segmenter = null;

addEventListener('message', ({ data: { readable, writable, background } }) => {
  if ('blurPx' in background) blurPx = background.blurPx;
  else scene = background.image ?? plain(background.colours);
  loadSegmenter()
    .then((loaded) => {
      segmenter = loaded;
    })
    .catch(failed);
  blur(readable.getReader(), writable.getWriter()).catch(failed);
});

/** @param {unknown} error */
function failed(error) {
  console.warn('background blur:', error);
  tell('failed');
}

/** @param {'failed' | 'slow' | 'quick'} what */
function tell(what) {
  /** @type {{postMessage: (message: unknown) => void}} */ (globalThis).postMessage(what);
}

/** @param {[string, string]} colours from the top to the bottom */
function plain([top, bottom]) {
  const drawing = canvas(WIDTH, HEIGHT);
  const gradient = drawing.createLinearGradient(0, 0, 0, HEIGHT);
  gradient.addColorStop(0, top);
  gradient.addColorStop(1, bottom);
  drawing.fillStyle = gradient;
  drawing.fillRect(0, 0, WIDTH, HEIGHT);
  return drawing.canvas;
}

/** @param {number} width @param {number} height */
function canvas(width, height) {
  return /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(width, height).getContext('2d'));
}

async function loadSegmenter() {
  const [{ ImageSegmenter }, wasm, model] = await Promise.all([
    import('../vendor/segmenter.mjs'),
    file('segmenter.wasm.gzip').then((body) => bytes(body.pipeThrough(new DecompressionStream('gzip')))),
    file('selfie.tflite').then(bytes),
  ]);
  // Where the library's own loader looks first. It tells of itself as if of errors.
  Object.assign(globalThis, { Module: { wasmBinary: wasm, printErr: console.debug } });
  const wasmLoaderPath = new URL('../vendor/segmenter-wasm.mjs', import.meta.url).href;
  return ImageSegmenter.createFromOptions(
    { wasmLoaderPath, wasmBinaryPath: '' },
    {
      baseOptions: { modelAssetBuffer: model, delegate: 'CPU' },
      runningMode: 'VIDEO',
      outputConfidenceMasks: true,
      outputCategoryMask: false,
    },
  );
}

/** @param {string} name */
async function file(name) {
  const { ok, body, status } = await fetch(new URL(`../vendor/${name}`, import.meta.url));
  if (!ok || !body) throw new Error(`${name}: ${status}`);
  return body;
}

/** @param {ReadableStream} body */
const bytes = async (body) => new Uint8Array(await new Response(body).arrayBuffer());

/** @param {ReadableStreamDefaultReader<VideoFrame>} reader @param {WritableStreamDefaultWriter<VideoFrame>} writer */
async function blur(reader, writer) {
  let next = 0;
  let mean = 0;
  let slow = false;
  for (;;) {
    const { done, value: frame } = await reader.read();
    if (done) return;
    const began = performance.now();
    if (began < next) {
      frame.close();
      continue;
    }
    const result = blurFrame(frame);
    frame.close();
    const took = performance.now() - began;
    next = Math.max(next + PICTURE_EVERY_MS, began + took / BUSY);
    mean += (took - mean) / MEAN_OF;
    if (slow !== mean > SLOW_MS) {
      slow = !slow;
      tell(slow ? 'slow' : 'quick');
    }
    await writer.write(result);
  }
}

/** @param {VideoFrame} frame */
function blurFrame(frame) {
  const { displayWidth: width, displayHeight: height, timestamp } = frame;
  small.drawImage(frame, 0, 0, WIDTH, HEIGHT);
  if (!segmenter || !scene) {
    const px = segmenter ? blurPx : BLUR_PX;
    const edge = 3 * px; // a blurred picture fades away here, outside of what is seen
    blurred.filter = `blur(${px}px)`;
    blurred.drawImage(small.canvas, -edge, -edge, WIDTH + 2 * edge, HEIGHT + 2 * edge);
  }
  if (picture.canvas.width !== width || picture.canvas.height !== height)
    Object.assign(picture.canvas, { width, height });
  picture.globalCompositeOperation = 'copy';
  if (segmenter) {
    segmenter.segmentForVideo(small.canvas, performance.now(), ({ confidenceMasks: [likelihood] }) =>
      cutOut(likelihood.getAsFloat32Array()),
    );
    picture.drawImage(person.canvas, 0, 0, width, height);
    picture.globalCompositeOperation = 'source-in';
    picture.drawImage(frame, 0, 0, width, height);
    picture.globalCompositeOperation = 'destination-over';
  }
  picture.drawImage((segmenter && scene) || blurred.canvas, 0, 0, width, height);
  return new VideoFrame(picture.canvas, { timestamp, alpha: 'discard' });
}

/** @param {Float32Array} likelihood of each pixel to be of the person */
function cutOut(likelihood) {
  const scale = 255 / (SURELY_PERSON - SURELY_BEHIND);
  for (let i = 0; i < likelihood.length; i += 1) mask.data[4 * i + 3] = (likelihood[i] - SURELY_BEHIND) * scale; // is clamped
  person.putImageData(mask, 0, 0);
}
