/** The choice of what stands behind oneself: blurred more or less, something plain, or a picture of one's own. */
import { html, useEffect, useRef, useState, useStore, classes } from '../ui.js';
import { PLAIN, keepOwnPicture, ownPicture } from '../backgrounds.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { settings } from '../settings.js';
import { toast } from '../toasts.js';

/** @typedef {import('../backgrounds.js').BackgroundName} BackgroundName */

/** @param {{call: import('../meeting-session.js').MeetingSession}} props */
export function Backgrounds({ call }) {
  const { background } = useStore(settings);
  const [picture, setPicture] = useOwnPicture();
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const choose = (/** @type {BackgroundName} */ name) => call.media.setBackground(name);
  const take = async () => {
    const file = field.current?.files?.[0];
    if (!file) return;
    try {
      await keepOwnPicture(file);
      setPicture(await ownPicture());
      choose('own');
    } catch {
      toast(t('background.failed'), 'error');
    }
  };
  const option = (
    /** @type {BackgroundName} */ name,
    /** @type {import('../ui.js').Children} */ shown,
    style = {},
  ) => html`
    <button type="button" key=${name} class=${classes('background', background === name && 'chosen')} aria-pressed=${background === name}
      aria-label=${t(`background.${name}`)} data-tip=${t(`background.${name}`)} style=${style} onClick=${() => choose(name)}>${shown}</button>`;
  return html`
    <div class="backgrounds" role="group" aria-label=${t('background.title')}>
      ${option('light', html`<span class="blur-light">${icon('users', 18)}</span>`)}
      ${option('strong', html`<span class="blur-strong">${icon('users', 18)}</span>`)}
      ${Object.entries(PLAIN).map(([name, [top, bottom]]) => option(/** @type {BackgroundName} */ (name), null, { background: `linear-gradient(${top}, ${bottom})` }))}
      ${picture && option('own', html`<img src=${picture} alt="" />`)}
      <button type="button" class="background" aria-label=${t('background.add')} data-tip=${t('background.add')} onClick=${() => field.current?.click()}>${icon('image', 18)}</button>
      <input type="file" accept="image/*" hidden ref=${field} onChange=${take} />
    </div>`;
}

/** Its address, for as long as it is shown. @returns {[string | null, (picture: Blob | null) => void]} */
function useOwnPicture() {
  const [picture, setPicture] = useState(/** @type {Blob | null} */ (null));
  const [address, setAddress] = useState(/** @type {string | null} */ (null));
  useEffect(() => {
    ownPicture().then(setPicture);
  }, []);
  useEffect(() => {
    if (!picture) return undefined;
    const made = URL.createObjectURL(picture);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  return [address, setPicture];
}
