/** One meeting from the door to the end: shows what the call's phase asks for. */
import { html, useEffect, useMemo, useState, useStore } from '../ui.js';
import { Call } from '../call.js';
import { BeforeCall } from './before-call.js';
import { Ended } from './ended.js';
import { Later } from './later.js';
import { WaitingScreen } from './lobby.js';

/** What stands behind the door is fetched while one goes in. */
const inCall = () => import('./in-call.js').then(({ InCall }) => InCall);

/** @param {{api: import('../api.js').Api, code: string, invite?: string, expose: (call: Call | null) => void}} props */
export function Meeting({ api, code, invite, expose }) {
  const [round, setRound] = useState(0); // joining again after the end is a new call
  const call = useMemo(() => new Call(api, code, invite || undefined), [code, round]);
  useEffect(() => {
    expose(call);
    return () => {
      call.dispose();
      expose(null);
    };
  }, [call]);
  const { phase } = useStore(call.store);
  useEffect(() => {
    if (phase !== 'before') inCall().catch(() => {}); // asked for again when it is to be drawn
  }, [phase]);
  if (phase === 'in') return html`<${Later} load=${inCall} call=${call} />`;
  if (phase === 'waiting') return html`<${WaitingScreen} api=${api} call=${call} code=${code} />`;
  if (phase === 'ended') return html`<${Ended} call=${call} onRejoin=${() => setRound(round + 1)} />`;
  return html`<${BeforeCall} key=${round} api=${api} call=${call} code=${code} />`;
}
