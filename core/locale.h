/* The languages in which the service says what is meant for people. An account has one of them; a request names those
 * that its sender reads. */
#ifndef CORE_LOCALE_H
#define CORE_LOCALE_H

/* Their tags (RFC 5646), as an API takes them, in the order of enum locale. */
#define LOCALES "en|zh-CN|de|fr"

enum locale { LOCALE_EN, LOCALE_ZH_CN, LOCALE_DE, LOCALE_FR, LOCALE_COUNT };

/* "zh-CN" */
const char *locale_tag(enum locale locale);

/* The first language of an Accept-Language header (RFC 9110) that there is; else English. "zh-CN,zh;q=0.9,en;q=0.8":
 * weights are not looked at, for ones out of order are rare. */
enum locale locale_accepted(const char *header);

#endif
