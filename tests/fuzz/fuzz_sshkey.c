/* fuzz_sshkey.c: public key lines, wire forms and private key files. */
#include "base/assert.h"
#include "record/sshkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The canonical text of a key is that key. */
static void check_key(const struct fb_sshkey *key)
{
    struct fb_sshkey again;
    struct fb_buf out;
    struct fb_err err;
    char print[FB_SSHKEY_FINGERPRINT];
    fb_err_init(&err);
    fb_buf_init(&out, 1 << 16);
    fb_sshkey_format(key, &out);
    enum fb_code code = fb_sshkey_parse_line(fb_buf_str(&out), &again, NULL, &err);
    FB_ASSERT(code == FB_OK && fb_sshkey_eq(key, &again));
    FB_ASSERT(fb_str_of(fb_sshkey_fingerprint(key, print)).len == FB_SSHKEY_FINGERPRINT - 2);
    fb_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_str text = {(const char *)data, size}, comment;
    struct fb_sshkey key;
    struct fb_sshkey_secret secret;
    struct fb_err err;
    fb_err_init(&err);
    if (fb_sshkey_parse_line(text, &key, &comment, &err) == FB_OK) {
        check_key(&key);
    }
    if (fb_sshkey_from_wire(text, &key, &err) == FB_OK) {
        check_key(&key);
    }
    if (fb_sshkey_parse_private(text, &secret, &err) == FB_OK) {
        check_key(&secret.key);
        fb_sshkey_wipe(&secret);
    }
    return 0;
}
