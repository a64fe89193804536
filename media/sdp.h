/* What a page may offer to send (SDP, RFC 8866; offers as of RFC 8829, simulcast as of RFC 8853). A hostile page writes
 * its offers by hand, and Janus reads them in C: so nothing is handed on as it came. An offer is taken apart and
 * written anew from what is known: as many lines of sound and pictures as the person may send, Opus and VP8 (with its
 * retransmission), sending only. There are no data channels, and no candidates: Janus learns a page's addresses from
 * the page's own checks (peer-reflexive, RFC 8445 section 7.3.1.3), so nobody can make it send to an address of their
 * choice. */
#ifndef MEDIA_SDP_H
#define MEDIA_SDP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"

enum { SDP_BYTES = 48 * 1024, SDP_LINES = 40, SDP_MID_CHARS = 16, SDP_RIDS = 3 };

enum sdp_kind { SDP_AUDIO, SDP_VIDEO };

/* One m= line. */
struct sdp_line {
    enum sdp_kind kind;
    char mid[SDP_MID_CHARS + 1];
    int rids; /* layers of simulcast; 0: none */
};

struct sdp_lines {
    int count;
    struct sdp_line lines[SDP_LINES];
};

/* What there may be: so many lines of each kind at most, and one in all at least. */
struct sdp_rules {
    int audio, video;
    bool receives; /* an answer of somebody who only receives; else an offer of somebody who only sends */
};

/* Appends to `out` what Janus may read of an offer, and says in *about which lines it has. ERR_BAD_REQUEST: it cannot
 * be read, is too large, or offers what may not be sent; `out` is then of no use. ERR_INTERNAL: memory ran out. */
MUST_CHECK enum err sdp_filter(const char *sdp, size_t len, const struct sdp_rules *rules, struct buf *out,
                               struct sdp_lines *about);

#endif
