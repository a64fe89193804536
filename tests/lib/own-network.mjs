/**
 * Imported before anything else, this runs a test file again in a network namespace of its own, which has the address OWN_ADDRESS
 * beside loopback. For programs that take no media from a loopback address, as Firefox does. Whoever may not make a namespace
 * leaves the file's tests out: `noNetwork` says why, and is null where there is one.
 */
import { spawnSync } from 'node:child_process';

export const OWN_ADDRESS = '10.99.0.1';
export const noNetwork = process.getuid() === 0 ? null : 'only root may make a network of its own';

const INSIDE = 'ECHOMEET_TEST_OWN_NETWORK';
/** A cable that leads nowhere: what is sent to its address stays on this side. */
const LAY = `ip link set lo up && ip link add cable0 type veth peer name cable1 && ip addr add ${OWN_ADDRESS}/24 dev cable0 &&
  ip link set cable0 up && ip link set cable1 up && ip route add default dev cable0 && exec "$@"`;

if (!noNetwork && !process.env[INSIDE]) {
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const { status } = spawnSync('unshare', ['--net', 'sh', '-c', LAY, 'sh', ...again], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  process.exit(status ?? 1);
}
