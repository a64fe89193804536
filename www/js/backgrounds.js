/**
 * What stands behind a person in place of what is there: a blur of two strengths, a few plain ones, or a picture of their
 * own, which stays on this device (IndexedDB; where the browser keeps nothing, until the page is loaded again).
 */

/** @typedef {'light' | 'strong' | 'slate' | 'sea' | 'sand' | 'own'} BackgroundName */
/** What blur-worker.js is told. @typedef {{blurPx: number} | {colours: [string, string]} | {image: ImageBitmap}} Background */

/** Pixels, of a picture 256 wide. */
const BLUR_PX = { light: 3, strong: 6 };
/** From the top to the bottom. @type {Record<string, [string, string]>} */
export const PLAIN = { slate: ['#3b4653', '#20272f'], sea: ['#2b7f86', '#16454f'], sand: ['#d8c7ae', '#a88f6d'] };
/** Enough for any camera that the page opens. */
const SIZE = { width: 1280, height: 720 };

const DATABASE = 'echomeet';
const STORE = 'pictures';
const KEY = 'background';
/** @type {Blob | null} */
let own = null;

/** @param {BackgroundName} name @returns {Promise<Background>} where one's own picture is gone: the strong blur */
export async function loadBackground(name) {
  if (name in PLAIN) return { colours: PLAIN[name] };
  const picture = name === 'own' ? await ownPicture() : null;
  if (picture) return { image: await createImageBitmap(picture) };
  return { blurPx: name === 'light' ? BLUR_PX.light : BLUR_PX.strong };
}

/** @returns {Promise<Blob | null>} */
export async function ownPicture() {
  own ??= (await inStore('readonly', (store) => store.get(KEY))) ?? null;
  return own;
}

/** Cut to a camera's shape, and made no larger than one. @param {Blob} file rejects where it is no picture that the browser knows */
export async function keepOwnPicture(file) {
  const image = await createImageBitmap(file);
  const canvas = new OffscreenCanvas(SIZE.width, SIZE.height);
  const scale = Math.max(SIZE.width / image.width, SIZE.height / image.height);
  const [width, height] = [image.width * scale, image.height * scale];
  canvas.getContext('2d')?.drawImage(image, (SIZE.width - width) / 2, (SIZE.height - height) / 2, width, height);
  image.close();
  own = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
  await inStore('readwrite', (store) => store.put(own, KEY));
}

/**
 * @template T
 * @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} work
 * @returns {Promise<T | null>} null where the browser keeps nothing
 */
async function inStore(mode, work) {
  try {
    const opening = indexedDB.open(DATABASE, 1);
    opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(STORE));
    const database = await result(opening);
    const answer = await result(work(database.transaction(STORE, mode).objectStore(STORE)));
    database.close();
    return answer;
  } catch {
    return null;
  }
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const result = (request) =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });
