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
