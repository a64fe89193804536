/* The processes below a program. */
import fs from 'node:fs';

/* Process ids of the pool's workers. */
export const workersOf = (sys) => childrenOf(sys.processes.pool.pid);

export function childrenOf(pid) {
  // an empty list must not become process 0, which stands for everybody in our own group
  return fs
    .readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .map(Number)
    .filter((n) => n > 1);
}
