/* What takes long and changes rarely stands beside the quick tests of its subject, and runs in `make soak` alone. */

/** `test`, or nothing where this is not `make soak`: `const long = soakOnly(test); long('half an hour of it', …)`. */
export const soakOnly = (test) => (process.env.ECHOMEET_SOAK ? test : () => {});
