/* with-services.mjs COMMAND ...: runs a command with a private MariaDB and Redis, which ECHOMEET_MYSQL_* and ECHOMEET_REDIS_*
 * in its environment name; the database is there with all migrations applied. For the C tests in tests/db. */
import { spawn } from 'node:child_process';
import { startSystem } from './system.mjs';

const sys = await startSystem({ only: ['mariadb', 'redis'] });
const [, , program, ...args] = process.argv;
const status = await new Promise((resolve) => {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...sys.env } });
  child.once('error', (error) => {
    console.error(error.message);
    resolve(127);
  });
  child.once('exit', (code, signal) => {
    if (signal) console.error(`ended by ${signal}`);
    resolve(code ?? 1);
  });
});
await sys.stop();
process.exitCode = status;
