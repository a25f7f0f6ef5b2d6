/* Fuzzes the readers of cases in other formats; what they read is checked, built, labelled, drawn
 * and written again. The first byte names the format. */
#include "base/assert.h"
#include "case/bounds.h"
#include "case/formats.h"
#include "case/rules.h"
#include "report/case_graph.h"
#include "report/case_html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses marks when a text after a long quoted scalar is malformed: see fuzz_case.c.
 */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

/* Whatever is written as YAML reads back to the same tree; SACM reads back. */
static void write_all(const struct fb_doc *doc, struct fb_arena *arena, struct fb_err *err)
{
    for (enum fb_case_format format = FB_CASE_GSN; format <= FB_CASE_TEA; format++) {
        struct fb_buf out;
        fb_buf_init(&out, (size_t)16 << 20);
        if (fb_case_write(doc, format, &out, err) == FB_OK) {
            struct fb_yaml *again = NULL;
            struct fb_doc_file file = {.path = "again", .text = fb_buf_str(&out)};
            FB_ASSERT(fb_str_utf8(file.text, NULL));
            enum fb_code code = fb_case_read_tree(&file, format, arena, &again, err);
            FB_ASSERT(code != FB_OK || format != FB_CASE_GSN ||
                      fb_yaml_equal(doc->modules[0].root, again));
            FB_ASSERT(code == FB_OK || (format != FB_CASE_GSN && err->message[0]));
        }
        fb_buf_release(&out);
    }
}

static void draw_all(struct fb_case *c, struct fb_arena *arena, struct fb_err *err)
{
    struct fb_case_bounds *bounds = NULL;
    struct fb_buf out;
    fb_buf_init(&out, (size_t)64 << 20);
    if (fb_case_label(c, NULL, NULL, arena, err) == FB_OK &&
        fb_case_bound(c, arena, &bounds, err) == FB_OK) {
        for (size_t i = 0; i < c->element_count; i++) {
            FB_ASSERT(bounds[i].low >= 0 && bounds[i].low <= bounds[i].high && bounds[i].high <= 1);
        }
        if (fb_report_case_html(c, NULL, &out, err) == FB_OK) {
            FB_ASSERT(fb_str_utf8(fb_buf_str(&out), NULL));
        }
        fb_buf_clear(&out);
        FB_ASSERT(fb_report_case_dot(c, &out, err) == FB_OK || out.state != FB_BUF_GOOD);
        fb_buf_clear(&out);
        FB_ASSERT(fb_report_case_mermaid(c, &out, err) == FB_OK || out.state != FB_BUF_GOOD);
    }
    fb_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    struct fb_arena arena;
    struct fb_doc doc;
    static const struct fb_rules_options OPTIONS = {.all = true, .extended = true};
    if (size == 0) {
        return 0;
    }
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)256 << 20);
    fb_doc_init(&doc, &arena);
    enum fb_case_format format = (enum fb_case_format)((uint8_t)(data[0] - '0') % FB_CASE_UNKNOWN);
    struct fb_doc_file file = {.path = NULL, .text = {(const char *)data + 1, size - 1}};
    struct fb_yaml *root = NULL;
    enum fb_code code = fb_case_read_tree(&file, format, &arena, &root, &err);
    FB_ASSERT(code == FB_OK || err.message[0]);
    file.root = root;
    if (code == FB_OK && root && fb_doc_add(&doc, &file, &err) == FB_OK) {
        struct fb_case *c = NULL;
        write_all(&doc, &arena, &err);
        if (fb_rules_check(&doc, &OPTIONS, &err) == FB_OK && fb_rules_own(&doc, &err) == FB_OK &&
            fb_case_build(&doc, true, &arena, &c, &err) == FB_OK) {
            draw_all(c, &arena, &err);
        }
    }
    fb_doc_release(&doc);
    fb_arena_release(&arena);
    return 0;
}
