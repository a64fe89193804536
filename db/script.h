/* Statements of an SQL file. */
#ifndef DB_SCRIPT_H
#define DB_SCRIPT_H

/* Takes the next statement off a script: *rest moves behind its semicolon, which becomes a NUL. The space and the
 * comments before it are left out. Semicolons in comments and between quotes ('…', "…", `…`) end nothing. NULL: there
 * is none left. */
char *script_next(char **rest);

#endif
