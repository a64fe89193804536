#include "media/sdp.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_CHARS = 1024, PAYLOAD_TYPES = 128, SSRC_LINES = 32, EXTMAPS = 32 };

/* A line without its end. */
struct line {
    const char *at;
    size_t len;
};

/* One m= section while it is read: its lines are [first, end) of the text. */
struct section {
    const char *at, *end;
    bool kept[PAYLOAD_TYPES]; /* payload types that may stay */
    enum sdp_kind kind;
    const char *direction, *opposite; /* lines of the one are written, those of the other refused */
};

/* The next line; moves *at behind it. False at the end, and where a line is too long to be one. */
static bool next_line(const char **at, const char *end, struct line *line)
{
    if (*at >= end)
        return false;
    const char *nl = memchr(*at, '\n', (size_t)(end - *at));
    const char *stop = nl ? nl : end;
    *line = (struct line){*at, (size_t)(stop - *at)};
    if (line->len && line->at[line->len - 1] == '\r')
        line->len--;
    *at = nl ? nl + 1 : end;
    return line->len <= LINE_CHARS;
}

static bool begins(struct line line, const char *text)
{
    size_t n = strlen(text);
    return line.len >= n && memcmp(line.at, text, n) == 0;
}

static bool is(struct line line, const char *text) { return line.len == strlen(text) && begins(line, text); }

/* Whether it is one of these, ended by NULL: "a=mid:" is a beginning, "a=rtcp-mux" the whole. */
static bool is_one_of(struct line line, const char *const *names)
{
    for (; *names; names++) {
        char last = (*names)[strlen(*names) - 1];
        if (last == ':' || last == '=' ? begins(line, *names) : is(line, *names))
            return true;
    }
    return false;
}

static void put(struct buf *out, struct line line)
{
    buf_append(out, line.at, line.len);
    buf_puts(out, "\r\n");
}

/* The payload type at the beginning of a text, or -1. */
static int payload_type(const char *at, const char *end)
{
    int n = 0, digits = 0;
    for (; at < end && *at >= '0' && *at <= '9' && digits < 4; at++, digits++)
        n = 10 * n + (*at - '0');
    return digits && n < PAYLOAD_TYPES && (at == end || *at == ' ' || *at == '\r' || *at == '\n') ? n : -1;
}

/* What follows the payload type of "a=rtpmap:111 opus/48000/2"; *type is -1 where it is no such line. */
static struct line after_type(struct line line, const char *name, int *type)
{
    *type = -1;
    if (!begins(line, name))
        return (struct line){0};
    const char *at = line.at + strlen(name), *end = line.at + line.len, *blank = memchr(at, ' ', (size_t)(end - at));
    *type = payload_type(at, end);
    return blank ? (struct line){blank + 1, (size_t)(end - blank - 1)} : (struct line){end, 0};
}

/* ---- which payload types may stay ---- */

static void keep_codecs(struct section *s, const char *codec)
{
    struct line line;
    for (const char *at = s->at; next_line(&at, s->end, &line);) {
        int type;
        struct line name = after_type(line, "a=rtpmap:", &type);
        if (type >= 0 && is(name, codec))
            s->kept[type] = true;
    }
}

/* Retransmission (RFC 4588) of a payload type that stays. */
static void keep_retransmissions(struct section *s)
{
    bool rtx[PAYLOAD_TYPES] = {0};
    struct line line;
    for (const char *at = s->at; next_line(&at, s->end, &line);) {
        int type;
        struct line name = after_type(line, "a=rtpmap:", &type);
        if (type >= 0 && is(name, "rtx/90000"))
            rtx[type] = true;
    }
    bool of_kept[PAYLOAD_TYPES] = {0};
    for (const char *at = s->at; next_line(&at, s->end, &line);) {
        int type, of;
        struct line text = after_type(line, "a=fmtp:", &type);
        if (type < 0 || !rtx[type] || !begins(text, "apt="))
            continue;
        of = payload_type(text.at + strlen("apt="), text.at + text.len);
        of_kept[type] = of >= 0 && s->kept[of];
    }
    for (int i = 0; i < PAYLOAD_TYPES; i++)
        s->kept[i] = s->kept[i] || of_kept[i];
}

/* ---- writing anew ---- */

/* "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98" with the payload types that stay. False where none does, or it is no such
 * line. */
static bool put_media(struct buf *out, const struct section *s, struct line line)
{
    static const char protocol[] = " UDP/TLS/RTP/SAVPF ";
    const char *end = line.at + line.len, *at = memmem(line.at, line.len, protocol, strlen(protocol));
    if (!at)
        return false;
    at += strlen(protocol);
    buf_printf(out, "m=%s 9 UDP/TLS/RTP/SAVPF", s->kind == SDP_AUDIO ? "audio" : "video");
    bool any = false;
    while (at < end) {
        const char *blank = memchr(at, ' ', (size_t)(end - at));
        int type = payload_type(at, end);
        if (type >= 0 && s->kept[type]) {
            buf_printf(out, " %d", type);
            any = true;
        }
        at = blank ? blank + 1 : end;
    }
    buf_printf(out, "\r\nc=IN IP4 0.0.0.0\r\n%s\r\n", s->direction);
    return any;
}

static const char *const session_lines[] = {"v=",
                                            "o=",
                                            "s=",
                                            "t=",
                                            "a=group:",
                                            "a=msid-semantic:",
                                            "a=extmap-allow-mixed",
                                            "a=fingerprint:",
                                            "a=setup:",
                                            "a=ice-ufrag:",
                                            "a=ice-pwd:",
                                            "a=ice-options:",
                                            NULL};
static const char *const media_lines[] = {
    "a=mid:",     "a=msid:",      "a=fingerprint:",       "a=setup:", "a=ice-ufrag:", "a=ice-pwd:", "a=ice-options:",
    "a=rtcp-mux", "a=rtcp-rsize", "a=extmap-allow-mixed", "a=rid:",   "a=simulcast:", NULL};
static const char *const typed_lines[] = {"a=rtpmap:", "a=fmtp:", "a=rtcp-fb:", NULL};

static bool put_typed(struct buf *out, const struct section *s, struct line line)
{
    for (const char *const *name = typed_lines; *name; name++) {
        int type;
        after_type(line, *name, &type);
        if (!begins(line, *name))
            continue;
        if (type >= 0 && s->kept[type])
            put(out, line);
        return true;
    }
    return false;
}

/* RFC 4566. None of these characters is another one in JSON, where we look for it again. */
static bool is_token(const char *at, size_t len)
{
    static const char others[] = "!#$%&'*+-.^_`{|}~";
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)at[i]) && (!at[i] || !strchr(others, at[i])))
            return false;
    return true;
}

/* Reads what is to be known of a line. False where it is wrong. */
static bool learn(const struct section *s, struct line line, struct sdp_line *about)
{
    if (begins(line, "a=mid:")) {
        size_t n = line.len - strlen("a=mid:");
        const char *mid = line.at + strlen("a=mid:");
        if (!n || n > SDP_MID_CHARS || about->mid[0] || !is_token(mid, n))
            return false;
        memcpy(about->mid, mid, n);
    }
    if (begins(line, "a=rid:") && ++about->rids > SDP_RIDS)
        return false;
    return !is(line, s->opposite) && !is(line, "a=inactive");
}

static bool put_section(struct buf *out, struct section *s, struct sdp_line *about)
{
    const char *at = s->at;
    struct line line;
    int ssrcs = 0, extmaps = 0;
    keep_codecs(s, s->kind == SDP_AUDIO ? "opus/48000/2" : "VP8/90000");
    keep_retransmissions(s);
    if (!next_line(&at, s->end, &line) || !put_media(out, s, line))
        return false;
    while (at < s->end) {
        if (!next_line(&at, s->end, &line) || !learn(s, line, about))
            return false;
        if (put_typed(out, s, line))
            continue;
        bool counted =
            begins(line, "a=ssrc") ? ++ssrcs <= SSRC_LINES : begins(line, "a=extmap:") && ++extmaps <= EXTMAPS;
        if (counted || is_one_of(line, media_lines))
            put(out, line);
    }
    return about->mid[0] != '\0';
}

/* The beginning of the next m= line, or the end. */
static const char *next_section(const char *at, const char *end)
{
    struct line line;
    for (const char *line_at = at; next_line(&at, end, &line); line_at = at)
        if (begins(line, "m="))
            return line_at;
    return end;
}

static bool read_kind(const char *at, const char *end, enum sdp_kind *kind)
{
    struct line line = {at, (size_t)(end - at)};
    *kind = begins(line, "m=audio ") ? SDP_AUDIO : SDP_VIDEO;
    return begins(line, "m=audio ") || begins(line, "m=video ");
}

static bool put_session(struct buf *out, const char *at, const char *end)
{
    struct line line;
    while (at < end) {
        if (!next_line(&at, end, &line))
            return false;
        if (is_one_of(line, session_lines))
            put(out, line);
    }
    return true;
}

enum err sdp_filter(const char *sdp, size_t len, const struct sdp_rules *rules, struct buf *out,
                    struct sdp_lines *about)
{
    const char *end = sdp + len, *at = next_section(sdp, end);
    int left[] = {[SDP_AUDIO] = rules->audio, [SDP_VIDEO] = rules->video};
    *about = (struct sdp_lines){0};
    if (len > SDP_BYTES || memchr(sdp, '\0', len) || at == end || !put_session(out, sdp, at))
        return ERR_BAD_REQUEST;
    while (at < end) {
        struct section s = {.at = at,
                            .direction = rules->receives ? "a=recvonly" : "a=sendonly",
                            .opposite = rules->receives ? "a=sendonly" : "a=recvonly"};
        struct line first;
        const char *behind = at;
        next_line(&behind, end, &first);
        s.end = next_section(behind, end);
        if (about->count == SDP_LINES || !read_kind(at, s.end, &s.kind) || left[s.kind]-- == 0)
            return ERR_BAD_REQUEST;
        struct sdp_line *line = &about->lines[about->count++];
        line->kind = s.kind;
        if (!put_section(out, &s, line))
            return ERR_BAD_REQUEST;
        at = s.end;
    }
    return out->failed ? ERR_INTERNAL : ERR_OK;
}
