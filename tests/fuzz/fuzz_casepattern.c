/* Fuzzes patterns of cases: applies one, and asks of what comes out all that a case can be asked.
 */
#include "base/assert.h"
#include "case/diff.h"
#include "case/digest.h"
#include "case/live.h"
#include "case/pattern.h"
#include "case/weakest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* As in fuzz_case.c. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

/* Every question that a labelled case answers, none of which may fail for another reason than a
 * limit. */
static void ask(struct fb_case *c, struct fb_arena *arena, struct fb_err *err)
{
    uint8_t digest[FB_SHA256_SIZE];
    struct fb_case *copy = NULL;
    struct fb_case_live *live = NULL;
    struct fb_case_changes changes;
    struct fb_weakest weakest;
    enum fb_code code = fb_case_label(c, NULL, NULL, arena, err);
    code = code ? code : fb_case_digest(c, c->top, digest, err);
    code = code ? code : fb_case_live_again(c, arena, &copy, &live, err);
    code = code ? code : fb_case_diff(c, copy, arena, &changes, err);
    FB_ASSERT(code != FB_OK || changes.count == 0);
    for (uint32_t i = 0; code == FB_OK && i < c->element_count && i < 8; i++) {
        fb_case_live_force(live, i, (enum fb_evidence_state)(i % 3));
        fb_case_live_free(live, i);
        FB_ASSERT(copy->elements[i].label == c->elements[i].label);
    }
    code = code ? code : fb_case_weakest(c, FB_WEAKEST_GIVEN, arena, &weakest, err);
    FB_ASSERT(code == FB_OK || code == FB_E_LIMIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    struct fb_arena arena;
    struct fb_yaml *root = NULL, *made = NULL;
    struct fb_doc_file file = {.path = "p.yaml", .text = {(const char *)data, size}};
    static const struct fb_pattern_setting SETTINGS[] = {
        {{"h", 1}, {"one; two", 8}}, {{"n", 1}, {"2..3", 4}}};
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)256 << 20);
    enum fb_code code = fb_yaml_parse(file.text, file.path, &arena, &root, &err);
    file.root = root;
    for (size_t set = 0; code == FB_OK && set < 3; set++) {
        struct fb_pattern_request request = {&file, SETTINGS, set};
        struct fb_doc doc;
        struct fb_case *c = NULL;
        struct fb_err why;
        fb_err_init(&why);
        fb_doc_init(&doc, &arena);
        if (fb_pattern_apply(&request, &arena, &made, &why) != FB_OK) {
            FB_ASSERT(why.code != FB_OK && why.message[0]);
        } else {
            struct fb_doc_file out = {.path = "c.yaml", .root = made};
            if (fb_doc_add(&doc, &out, &why) == FB_OK &&
                fb_case_build(&doc, true, &arena, &c, &why) == FB_OK) {
                ask(c, &arena, &why);
            }
        }
        fb_doc_release(&doc);
    }
    fb_arena_release(&arena);
    return 0;
}
