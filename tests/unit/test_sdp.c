/* What Janus may read of a page's offer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/sdp.h"
#include "tests/check_main.h"

#define SESSION \
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS s\r\n"
#define TRANSPORT \
    "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=candidate:1 1 udp 2122260223 10.0.0.9 41234 typ host\r\n" \
    "a=candidate:2 1 tcp 1518280447 169.254.169.254 80 typ host tcptype active\r\na=end-of-candidates\r\n" \
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=ice-options:trickle\r\na=fingerprint:sha-256 AA:BB\r\n" \
    "a=setup:actpass\r\n"
#define AUDIO \
    "m=audio 41234 UDP/TLS/RTP/SAVPF 111 63 9 0\r\n" TRANSPORT \
    "a=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendonly\r\na=msid:s a\r\na=rtcp-mux\r\n" \
    "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n" \
    "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=ssrc:7 cname:c\r\n"
#define VIDEO \
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 35\r\n" TRANSPORT \
    "a=mid:1\r\na=sendonly\r\na=msid:s v\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:96 VP8/90000\r\n" \
    "a=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:103 H264/90000\r\n" \
    "a=rtcp-fb:103 nack\r\na=fmtp:103 profile-level-id=42001f\r\na=rtpmap:104 rtx/90000\r\na=fmtp:104 apt=103\r\n" \
    "a=rtpmap:35 AV1/90000\r\na=rid:h send\r\na=rid:m send\r\na=rid:l send\r\na=simulcast:send h;m;l\r\n"

static const struct sdp_rules CAMERA = {.audio = 1, .video = 1};

static enum err filter(const char *sdp, const struct sdp_rules *rules, struct buf *out, struct sdp_lines *about)
{
    /* a copy of its own size, so that a read beyond it is noticed */
    size_t len = strlen(sdp);
    char *copy = malloc(len);
    memcpy(copy, sdp, len);
    enum err e = sdp_filter(copy, len, rules, out, about);
    free(copy);
    return e;
}

static void expect_refused(const char *sdp, const struct sdp_rules *rules)
{
    struct buf out = {0};
    struct sdp_lines about;
    ck_assert_msg(filter(sdp, rules, &out, &about) == ERR_BAD_REQUEST, "taken: %s", sdp);
    buf_free(&out);
}

START_TEST(test_sdp_writes_an_offer_anew)
{
    struct buf out = {0};
    struct sdp_lines about;
    ck_assert_int_eq(filter(SESSION AUDIO VIDEO, &CAMERA, &out, &about), ERR_OK);
    ck_assert_int_eq(about.count, 2);
    ck_assert(about.lines[0].kind == SDP_AUDIO && strcmp(about.lines[0].mid, "0") == 0 && about.lines[0].rids == 0);
    ck_assert(about.lines[1].kind == SDP_VIDEO && strcmp(about.lines[1].mid, "1") == 0 && about.lines[1].rids == 3);
    ck_assert_str_eq(
        out.data, SESSION
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=sendonly\r\n"
        "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=ice-options:trickle\r\n"
        "a=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\na=mid:0\r\n"
        "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=msid:s a\r\na=rtcp-mux\r\n"
        "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
        "a=ssrc:7 cname:c\r\n"
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=sendonly\r\n"
        "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=ice-options:trickle\r\n"
        "a=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\na=mid:1\r\na=msid:s v\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
        "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
        "a=rid:h send\r\na=rid:m send\r\na=rid:l send\r\na=simulcast:send h;m;l\r\n");
    buf_free(&out);
}
END_TEST

/* What was written is an offer that is written the same again. */
START_TEST(test_sdp_is_stable)
{
    struct buf once = {0}, twice = {0};
    struct sdp_lines about;
    ck_assert_int_eq(filter(SESSION AUDIO VIDEO, &CAMERA, &once, &about), ERR_OK);
    ck_assert_int_eq(filter(once.data, &CAMERA, &twice, &about), ERR_OK);
    ck_assert_str_eq(once.data, twice.data);
    buf_free(&once);
    buf_free(&twice);
}
END_TEST

START_TEST(test_sdp_hands_on_no_candidate)
{
    struct buf out = {0};
    struct sdp_lines about;
    ck_assert_int_eq(filter("a=candidate:3 1 udp 1 192.168.1.1 53 typ host\r\n" SESSION AUDIO, &CAMERA, &out, &about),
                     ERR_OK);
    ck_assert_ptr_null(strstr(out.data, "candidate"));
    ck_assert_ptr_null(strstr(out.data, "10.0.0.9"));
    ck_assert_ptr_null(strstr(out.data, "41234"));
    buf_free(&out);
}
END_TEST

START_TEST(test_sdp_refuses_more_lines_than_may_be_sent)
{
    static const struct sdp_rules sound = {.audio = 1}, nothing = {0};
    expect_refused(SESSION AUDIO AUDIO, &CAMERA);
    expect_refused(SESSION AUDIO VIDEO VIDEO, &CAMERA);
    expect_refused(SESSION AUDIO VIDEO, &sound);
    expect_refused(SESSION AUDIO, &nothing);
}
END_TEST

START_TEST(test_sdp_refuses_other_kinds_and_protocols)
{
    expect_refused(SESSION AUDIO "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\na=sctp-port:5000\r\n",
                   &CAMERA);
    expect_refused(SESSION "m=audio 9 RTP/AVP 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n", &CAMERA);
    expect_refused(SESSION "m=text 9 UDP/TLS/RTP/SAVPF 98\r\na=mid:0\r\n", &CAMERA);
}
END_TEST

START_TEST(test_sdp_refuses_lines_without_a_codec_of_ours)
{
    expect_refused(SESSION "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=rtpmap:0 PCMU/8000\r\n", &CAMERA);
    expect_refused(SESSION "m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:0\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n",
                   &CAMERA);
    expect_refused(SESSION "m=audio 9 UDP/TLS/RTP/SAVPF 300\r\na=mid:0\r\na=rtpmap:300 opus/48000/2\r\n", &CAMERA);
}
END_TEST

START_TEST(test_sdp_refuses_receiving)
{
    static const char line[] = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\n";
    char sdp[1024];
    snprintf(sdp, sizeof sdp, "%s%sa=recvonly\r\n", SESSION, line);
    expect_refused(sdp, &CAMERA);
    snprintf(sdp, sizeof sdp, "%s%sa=inactive\r\n", SESSION, line);
    expect_refused(sdp, &CAMERA);
}
END_TEST

START_TEST(test_sdp_takes_answers_that_only_receive)
{
    static const struct sdp_rules viewer = {.audio = 1, .receives = true};
    static const char line[] =
        SESSION "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\na=recvonly\r\n"
                "a=candidate:1 1 udp 2122260223 10.0.0.9 41234 typ host\r\n";
    struct buf out = {0};
    struct sdp_lines about;
    ck_assert_int_eq(filter(line, &viewer, &out, &about), ERR_OK);
    ck_assert_str_eq(out.data,
                     SESSION "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=recvonly\r\na=mid:0\r\n"
                             "a=rtpmap:111 opus/48000/2\r\n");
    expect_refused(SESSION AUDIO, &viewer); /* it sends */
    expect_refused(line, &CAMERA);
    buf_free(&out);
}
END_TEST

START_TEST(test_sdp_refuses_what_is_no_offer)
{
    struct buf out = {0};
    struct sdp_lines about;
    expect_refused("", &CAMERA);
    expect_refused("m=", &CAMERA);
    expect_refused("m=audio", &CAMERA);
    expect_refused(SESSION, &CAMERA);
    expect_refused("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n", &CAMERA); /* no mid */
    expect_refused("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\"b\r\na=rtpmap:111 opus/48000/2\r\n", &CAMERA);
    ck_assert_int_eq(sdp_filter(SESSION AUDIO "\0", sizeof(SESSION AUDIO "\0") - 1, &CAMERA, &out, &about),
                     ERR_BAD_REQUEST);
    buf_free(&out);
}
END_TEST

/* Sizes that a hostile page chooses. */
START_TEST(test_sdp_is_bounded)
{
    struct buf sdp = {0};
    buf_puts(&sdp, SESSION AUDIO);
    for (int i = 0; i < 5; i++)
        buf_printf(&sdp, "a=rid:%d send\r\n", i);
    expect_refused(sdp.data, &CAMERA);
    buf_clear(&sdp);
    buf_puts(&sdp, SESSION AUDIO "a=msid:");
    for (int i = 0; i < 2000; i++)
        buf_putc(&sdp, 'x');
    expect_refused(sdp.data, &CAMERA);
    buf_clear(&sdp);
    buf_puts(&sdp, SESSION AUDIO);
    while (sdp.len <= SDP_BYTES)
        buf_puts(&sdp, "a=ssrc:1 cname:c\r\n");
    expect_refused(sdp.data, &CAMERA);
    buf_free(&sdp);
}
END_TEST

CHECK_MAIN("sdp", test_sdp_writes_an_offer_anew, test_sdp_is_stable, test_sdp_hands_on_no_candidate,
           test_sdp_refuses_more_lines_than_may_be_sent, test_sdp_refuses_other_kinds_and_protocols,
           test_sdp_refuses_lines_without_a_codec_of_ours, test_sdp_refuses_receiving,
           test_sdp_takes_answers_that_only_receive, test_sdp_refuses_what_is_no_offer, test_sdp_is_bounded)
