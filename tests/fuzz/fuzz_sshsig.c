/* fuzz_sshsig.c: armored signatures, and the verification of what they hold. */
#include "base/assert.h"
#include "record/sshsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_str text = {(const char *)data, size};
    struct fb_sshsig sig;
    struct fb_sshkey key;
    struct fb_err err;
    fb_err_init(&err);
    struct fb_str parts[4];
    size_t count = 0;
    if (fb_sshsig_split(text, parts, 4, &count, &err) == FB_OK) {
        FB_ASSERT(count >= 1 && count <= 4);
        for (size_t i = 0; i < count; i++) {
            FB_ASSERT(parts[i].ptr >= text.ptr && parts[i].ptr + parts[i].len <= text.ptr + size);
            (void)!fb_sshsig_parse(parts[i], &sig, &err);
        }
    }
    fb_err_init(&err);
    enum fb_code parsed = fb_sshsig_parse(text, &sig, &err);
    if (parsed != FB_OK) {
        enum fb_code code = fb_sshsig_verify(text, "n", FB_STR("m"), NULL, &err);
        FB_ASSERT(code == parsed);
        return 0;
    }
    if (fb_sshsig_verify(text, sig.namespace_text, FB_STR("m"), &key, &err) == FB_OK) {
        FB_ASSERT(fb_sshkey_eq(&key, &sig.key));
    }
    return 0;
}
