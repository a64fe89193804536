/** Dialogs that few open: what each is made of is fetched when it is opened for the first time. */
import { html, useEffect, useState } from '../ui.js';
import { errorText } from '../i18n.js';
import { toast } from '../toasts.js';
import { fetchModule } from '../version.js';

/** @param {() => Promise<import('./later.js').View>} load */
function fetched(load) {
  /** @type {import('./later.js').View | null} */
  let here = null;
  /** @param {{onClose: () => void, [property: string]: unknown}} props */
  return function Fetched(props) {
    const [, drawAgain] = useState(false);
    useEffect(() => {
      if (here) return undefined;
      let wanted = true;
      fetchModule(load).then(
        (dialog) => {
          here = dialog;
          if (wanted) drawAgain(true);
        },
        (error) => {
          toast(errorText(error), 'error');
          if (wanted) props.onClose();
        },
      );
      return () => {
        wanted = false;
      };
    }, []);
    return here && html`<${here} ...${props} />`;
  };
}

export const MeetingForm = fetched(() => import('./meeting-form.js').then((module) => module.MeetingForm));
export const Invites = fetched(() => import('./invites.js').then((module) => module.Invites));
export const Profile = fetched(() => import('./profile.js').then((module) => module.Profile));
export const MeetingInfo = fetched(() => import('./info.js').then((module) => module.MeetingInfo));
export const Removed = fetched(() => import('./removed.js').then((module) => module.Removed));
export const CallStatistics = fetched(() => import('./statistics.js').then((module) => module.CallStatistics));
