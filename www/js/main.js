/**
 * The page: starts the parts, and shows what the address after the # asks for.
 *
 *     #/          my meetings            #/signin, #/signup   (?next=… where to go then)
 *     #/m/CODE    a meeting (?invite=… a link that opens it)      #/m/CODE/records   what stays of it
 *     #/new       a meeting at once                         #/admin   for administrators
 *     #/network   what works for a call here
 *
 * The web server answers /m/CODE with this page as well.
 *
 * For diagnosis in the browser's console (and for the tests): `window.echomeet.call` is the present call, with its
 * `client` (socket), `roomMedia` (`roomMedia.transport` carries sound and picture), `media` and `store`.
 */
import { html, render, useEffect, useLayoutEffect, useRef, useState, useStore } from './ui.js';
import { Api } from './api.js';
import { tellWhatIsCutOff } from './cut-off.js';
import { keepFocus } from './focus.js';
import { language, languageStore, loadLanguage, t } from './i18n.js';
import { readMeetingLink } from './meeting-link.js';
import { pageTitle } from './page-title.js';
import { applyTheme, settings } from './settings.js';
import { createStore } from './store.js';
import { surviveTranslation } from './translation.js';
import { lookNowAndThen } from './version.js';
import { CopyByHand } from './views/copy.js';
import { Front, NotFound } from './views/front.js';
import { Later } from './views/later.js';
import { Sign } from './views/sign.js';
import { Toasts } from './views/toasts.js';

const api = new Api({ acceptLanguage: language });

/** Whether somebody is in a call here, or looks at its end. */
const callHere = createStore({ on: false });

/** @type {{api: Api, settings: typeof settings, call: import('./meeting-session.js').MeetingSession | null}} */
const echomeet = { api, settings, call: null };
Object.assign(window, { echomeet });

if (location.pathname.startsWith('/m/')) history.replaceState(null, '', `/#${location.pathname}${location.search}`);

/** Pages that want somebody signed in; where nobody is, they come after that. */
const PAGES = ['new', 'admin', 'network'];

/** What the first page does not need is fetched when it is wanted. */
const dashboardView = () => import('./views/dashboard.js').then(({ Dashboard }) => Dashboard);
const meetingView = () => import('./views/meeting.js').then(({ Meeting }) => Meeting);
const guestView = () => import('./views/guest-door.js').then(({ GuestDoor }) => GuestDoor);
const recordsView = () => import('./views/records.js').then(({ Records }) => Records);
const adminView = () => import('./views/admin.js').then(({ Admin }) => Admin);
const networkView = () => import('./views/network.js').then(({ Network }) => Network);

function readRoute() {
  const [path, query = ''] = location.hash.replace(/%2f/gi, '/').replace(/^#\/?/, '').split('?');
  const [first, , part = ''] = path.split('/');
  const name = first.toLowerCase();
  const { code, invite } = (name === 'm' && readMeetingLink(location.hash)) || { code: null, invite: '' };
  return {
    path,
    name,
    code,
    invite,
    records: /^records\b/.test(part),
    next: new URLSearchParams(query).get('next') ?? '',
  };
}

function useRoute() {
  const [route, setRoute] = useState(readRoute);
  useEffect(() => {
    const changed = () => {
      setRoute(readRoute());
      lookNowAndThen();
    };
    addEventListener('hashchange', changed);
    changed(); // the address may be another one since the drawing
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}

function App() {
  const route = useRoute();
  const { user, ready } = useStore(api.session);
  const shown = useShownUser(user, route.path);
  useStore(languageStore);
  useLayoutEffect(() => {
    pageTitle.set({ text: route.code ? `${route.code} · ${t('app.name')}` : t('app.name') });
    document.querySelector('h1')?.focus({ preventScroll: true });
  }, [route.path, language(), ready]);
  if (!ready) return html`<p class="splash" role="status">${t('app.loading')}</p>`;
  return html`<${View} route=${route} user=${shown} /><${CopyByHand} /><${Toasts} />`;
}

/**
 * For whom the page is drawn. Another tab's sign-in or sign-out takes no call from the page: the call itself decides whether it goes
 * on, and says why it does not.
 * @param {import('./api.js').User | null} user @param {string} path
 */
function useShownUser(user, path) {
  const { on } = useStore(callHere);
  const shown = useRef({ user, path });
  if (!on || shown.current.path !== path) shown.current = { user, path };
  return shown.current.user;
}

/** @param {import('./meeting-session.js').MeetingSession | null} call */
function expose(call) {
  const look = () =>
    echomeet.call === call && callHere.set({ on: call !== null && call.store.get().phase !== 'before' });
  echomeet.call = call;
  call?.store.subscribe(look);
  look();
}

/** @param {{route: ReturnType<typeof readRoute>, user: import('./api.js').User | null}} props */
function View({ route: { path, name, code, invite, records, next }, user }) {
  if (!user && code && !records) {
    const here = `m/${code}${invite ? `?invite=${encodeURIComponent(invite)}` : ''}`;
    return html`<${Later} load=${guestView} key=${`guest/${code}`} api=${api} code=${code} invite=${invite} next=${here} expose=${expose} />`;
  }
  const signPage = name === 'signin' || name === 'signup';
  if (!user && name === '') return html`<${Front} api=${api} />`;
  if (!user && (signPage || code || PAGES.includes(name)))
    return html`<${Sign} api=${api} signUp=${name === 'signup'} next=${signPage ? next : path} />`;
  if (!user) return html`<${NotFound} api=${api} />`;
  if (code && records)
    return html`<${Later} load=${recordsView} key=${`${user.id}/${code}/records`} api=${api} code=${code} />`;
  if (code)
    return html`<${Later} load=${meetingView} key=${`${user.id}/${code}`} api=${api} code=${code} invite=${invite} expose=${expose} />`;
  if (name === 'admin' && user.isAdmin) return html`<${Later} load=${adminView} key=${user.id} api=${api} />`;
  if (name === 'network') return html`<${Later} load=${networkView} key=${user.id} api=${api} />`;
  if (['', 'new'].includes(name) || signPage)
    return html`<${Later} load=${dashboardView} key=${`${user.id}/${name}`} api=${api} start=${name === 'new'} />`;
  return html`<${NotFound} api=${api} />`;
}

document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && lookNowAndThen());
settings.subscribe(applyTheme);
applyTheme();
api.start();
const likely = readRoute().name === 'm' ? meetingView : dashboardView;
likely().catch(() => {}); // on its way while it is found out who is signed in
await loadLanguage();
const root = /** @type {HTMLElement} */ (document.getElementById('app'));
root.replaceChildren(); // what index.html says where nothing starts
keepFocus(root);
surviveTranslation(root);
tellWhatIsCutOff(document);
render(html`<${App} />`, root);
