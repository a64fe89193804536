/** One meeting from the door to the end: shows what the call's phase asks for. */
import { html, useEffect, useMemo, useRef, useState, useStore } from '../ui.js';
import { MeetingSession } from '../meeting-session.js';
import { fetchModule } from '../version.js';
import { keepScreenOn } from '../wake-lock.js';
import { BeforeCall } from './before-call.js';

const fromJoinToEnd = async () => {
  const [{ WaitingScreen }, { InCall }, { Ended }] = await Promise.all([
    import('./lobby.js'),
    import('./in-call.js'),
    import('./ended.js'),
  ]);
  return { WaitingScreen, InCall, Ended };
};

/** @param {{api: import('../api.js').Api, code: string, invite?: string, expose: (call: MeetingSession | null) => void}} props */
export function Meeting({ api, code, invite, expose }) {
  const [round, setRound] = useState(0); // joining again after the end is a new call
  // What a call is seen in and left by is fetched while one goes in, and nobody is in before it is there.
  const views = useRef(/** @type {Awaited<ReturnType<typeof fromJoinToEnd>> | null} */ (null));
  const prepare = async () => {
    views.current = await fetchModule(fromJoinToEnd);
  };
  const call = useMemo(() => new MeetingSession(api, code, { invite: invite || undefined, prepare }), [code, round]);
  useEffect(() => {
    expose(call);
    return () => {
      call.dispose();
      expose(null);
    };
  }, [call]);
  const { phase } = useStore(call.store);
  const attends = phase === 'in' || phase === 'waiting';
  useEffect(() => (attends ? keepScreenOn() : undefined), [attends]);
  const { WaitingScreen, InCall, Ended } = views.current ?? {};
  if (phase === 'in') return html`<${InCall} call=${call} />`;
  if (phase === 'waiting') return html`<${WaitingScreen} api=${api} call=${call} code=${code} />`;
  if (phase === 'ended') return html`<${Ended} call=${call} onRejoin=${() => setRound(round + 1)} />`;
  return html`<${BeforeCall} key=${round} api=${api} call=${call} code=${code} />`;
}
