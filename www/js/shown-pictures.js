/**
 * How large the pictures of the others are shown on this page, wherever the views put them: read off the <video> elements,
 * so that no view has to say it. What cannot be seen, in a page that is hidden or in a strip that is scrolled away, is
 * shown nowhere.
 */
import { wantFor } from './video-policy.js';

/** @typedef {import('./video-policy.js').Wants} Wants */
/** @typedef {import('./media-transport.js').PeerView} PeerView */

const EVERY_MS = 500;
/** Larger at once; smaller or gone only when it stays so, for pictures move about when people come and go. */
const LASTS = 4;
const ORDER = ['none', 'small', 'medium', 'large'];

export class ShownPictures {
  #timer;
  #views;
  #changed;
  #most;
  #observer;
  /** @type {WeakMap<Element, boolean>} whether a part of it can be seen */
  #visible = new WeakMap();
  /** @type {Map<string, {want: import('./video-policy.js').Want, smaller: number}>} by person and picture */
  #known = new Map();

  /**
   * @param {() => PeerView[]} views
   * @param {(wants: Map<number, Wants>) => void} changed called again and again, also where nothing is other than before
   * @param {() => import('./video-policy.js').Want} most how large a camera's picture is wanted at most, for those who save data
   */
  constructor(views, changed, most = () => 'large') {
    this.#views = views;
    this.#changed = changed;
    this.#most = most;
    this.#observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.#visible.set(target, isIntersecting);
    });
    this.#timer = setInterval(() => this.look(), EVERY_MS);
  }

  close() {
    clearInterval(this.#timer);
    this.#observer.disconnect();
  }

  look() {
    const heights = this.#shownHeights();
    /** @type {Map<number, Wants>} */
    const wants = new Map();
    for (const { userId, remote } of this.#views()) {
      wants.set(userId, {
        camera: this.#atMost(this.#steadyWant(`${userId} camera`, remote.camera, heights)),
        screen: this.#steadyWant(`${userId} screen`, remote.screen, heights),
      });
    }
    for (const key of this.#known.keys()) if (!wants.has(parseInt(key, 10))) this.#known.delete(key);
    this.#changed(wants);
  }

  /** @param {import('./video-policy.js').Want} want */
  #atMost(want) {
    const most = this.#most();
    return ORDER.indexOf(want) > ORDER.indexOf(most) ? most : want;
  }

  /** The height of each stream that is shown, in pixels of the screen: one whose picture has not come yet, too. */
  #shownHeights() {
    /** @type {Map<MediaStream, number>} */
    const heights = new Map();
    for (const video of shownVideos()) {
      const stream = video.srcObject;
      if (!(stream instanceof MediaStream)) continue;
      if (!this.#visible.has(video)) {
        this.#visible.set(video, true); // until the observer knows
        this.#observer.observe(video);
      }
      heights.set(stream, Math.max(heights.get(stream) ?? 0, this.#shownHeight(video)));
    }
    return heights;
  }

  /** @param {HTMLVideoElement} video */
  #shownHeight(video) {
    if (document.pictureInPictureElement === video) return (screen.height * devicePixelRatio) / 4;
    const elsewhere = video.ownerDocument !== document; // a window of its own
    if (!elsewhere && (document.hidden || !this.#visible.get(video))) return 0;
    return video.clientHeight * devicePixelRatio;
  }

  /** @param {string} key @param {MediaStream | null} stream @param {Map<MediaStream, number>} heights */
  #steadyWant(key, stream, heights) {
    const want = wantFor((stream && heights.get(stream)) ?? 0);
    const known = this.#known.get(key);
    const smaller = known && ORDER.indexOf(want) < ORDER.indexOf(known.want) ? known.smaller + 1 : 0;
    const now = known && smaller > 0 && smaller < LASTS ? { want: known.want, smaller } : { want, smaller: 0 };
    this.#known.set(key, now);
    return now.want;
  }
}

/** Also those in a picture-in-picture window. @returns {HTMLVideoElement[]} */
function shownVideos() {
  const other = /** @type {{documentPictureInPicture?: {window?: Window}}} */ (/** @type {unknown} */ (window))
    .documentPictureInPicture?.window?.document;
  return [document, other].flatMap((one) => (one ? [...one.querySelectorAll('video')] : []));
}
