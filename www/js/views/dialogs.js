/** Dialogs that few open: what each is made of is fetched when it is opened for the first time. */
import { html, useEffect } from '../ui.js';
import { errorText } from '../i18n.js';
import { toast } from '../toasts.js';
import { useFetched } from './later.js';

/** @param {() => Promise<import('./later.js').View>} load */
const dialog = (load) => (/** @type {{onClose: () => void, [property: string]: unknown}} */ props) => {
  const { view, problem } = useFetched(load);
  useEffect(() => {
    if (!problem) return;
    toast(errorText(problem), 'error');
    props.onClose();
  }, [problem]);
  return view && html`<${view} ...${props} />`;
};

export const MeetingForm = dialog(() => import('./meeting-form.js').then((module) => module.MeetingForm));
export const Invites = dialog(() => import('./invites.js').then((module) => module.Invites));
export const Profile = dialog(() => import('./profile.js').then((module) => module.Profile));
export const MeetingInfo = dialog(() => import('./info.js').then((module) => module.MeetingInfo));
export const Removed = dialog(() => import('./removed.js').then((module) => module.Removed));
export const CallStatistics = dialog(() => import('./statistics.js').then((module) => module.CallStatistics));
