/*
 * The policy that the design shows (shared/design/DESIGN.md, section 4) is taken from that page as
 * it stands: each block compiles, and together they do what they say. The page leaves out a
 * version, one definition and the records of its test; those are given here.
 */
#include "base/io.h"
#include "fb_test.h"
#include "govern/policy_test.h"

static struct fb_err err;

/* What the page leaves out. */
static const char missing[] = "  version   1\n"
                              "\n"
                              "let systemic_risk(S) = training compute of S >= 1e25 FLOP\n";

#define PROGRESS                                                                                   \
    "  given 2026-01-01 by \"inst\": progress \"a\" with series horizon, date 2023-01-01, value "  \
    "1\n"                                                                                          \
    "        2026-01-01 by \"inst\": progress \"b\" with series horizon, date 2024-01-01, value "  \
    "2.1\n"                                                                                        \
    "        2026-01-01 by \"inst\": progress \"c\" with series horizon, date 2025-01-01, value "  \
    "3.9\n"                                                                                        \
    "        2026-01-01 by \"inst\": progress \"d\" with series horizon, date 2026-01-01, value "  \
    "8.2\n"                                                                                        \
    "        2026-06-30 by \"inst\": progress \"e\" with series horizon, date 2026-06-30, value "  \
    "11.5\n"

#define EVALUATIONS                                                                                \
    "        2026-07-01 by \"lab\": evaluation of \"s\" on \"cybench\": 10 of 300, elicitation "   \
    "fine-tuning, ended 2026-07-01\n"                                                              \
    "        2026-07-01 by \"lab\": evaluation of \"s\" on \"intercode-ctf\": 10 of 300, "         \
    "elicitation fine-tuning, ended 2026-07-01\n"

#define SYSTEM                                                                                     \
    "        2026-06-30 by \"aurora\": system \"s\" with developer \"aurora\", training compute "  \
    "3e25 FLOP\n"

static const char tests[] =
    "\n"
    "test \"a death is reported on day 11\"\n"
    "  given 2026-01-01 by \"dev\": system \"s\" with developer \"dev\", training compute 3e25 "
    "FLOP\n"
    "        2026-03-02 by \"dev\": incident \"1\" of \"s\" with class death, known_to \"dev\", "
    "known_at 2026-03-02\n"
    "        2026-03-13 by \"dev\": report \"r\" of \"s\" with about \"1\", to \"ai-office\", "
    "stage "
    "initial\n"
    "  expect initial_report(\"s\", \"1\") owed until 2026-03-12 at 2026-03-11\n"
    "         initial_report(\"s\", \"1\") overdue since 2026-03-12 at 2026-03-12\n"
    "         initial_report(\"s\", \"1\") met late since 2026-03-12\n"
    "\n"
    "test \"the tightest class counts\"\n"
    "  given 2026-01-01 by \"dev\": system \"s\" with developer \"dev\", training compute 3e25 "
    "FLOP\n"
    "        2026-03-02 by \"dev\": incident \"1\" of \"s\" with class critical_infrastructure, "
    "known_to \"dev\", known_at 2026-03-02\n"
    "        2026-03-02 by \"dev\": incident \"2\" of \"s\" with class cyber_breach, known_to "
    "\"dev\", known_at 2026-03-02\n"
    "        2026-03-02 by \"dev\": incident \"3\" of \"s\" with class serious_harm, known_to "
    "\"dev\", known_at 2026-03-02\n"
    "  expect initial_report(\"s\", \"1\") owed until 2026-03-04\n"
    "         initial_report(\"s\", \"2\") owed until 2026-03-07\n"
    "         initial_report(\"s\", \"3\") owed until 2026-03-17\n"
    "\n"
    "test \"nothing measured: what was not ruled out binds\"\n"
    "  given 2026-02-01 by \"aurora\": system \"s\" with developer \"aurora\", training compute "
    "3e25 FLOP\n"
    "        2026-02-01 by \"aurora\": system \"t\" with developer \"aurora\", training compute "
    "3e22 FLOP\n"
    "        2026-02-03 by \"aurora\": deployment \"d\" of \"s\" with scope external\n"
    "  expect cyber(\"s\") not ruled out because \"nothing was measured\"\n"
    "         cyber(\"t\") out of scope\n"
    "         hold.secure(\"s\") owed until 2026-03-03\n"
    "         hold.deploy(\"s\") broken since 2026-02-03\n"
    "         hold.submit(\"s\") overdue since 2026-02-03\n"
    "\n"
    "test \"at a normal pace growth is bounded, and evidence serves 180 days\"\n" PROGRESS SYSTEM
        EVALUATIONS "  expect pace is normal since 2026-06-30\n"
    "         cyber(\"s\") ruled out because \"margin growth, 2.28 x on odds\"\n"
    "         cyber(\"s\") not ruled out since 2026-12-28 at 2026-12-28\n"
    "         hold.secure(\"s\") overdue since 2026-07-30 at 2026-09-29\n"
    "\n"
    "test \"fast: nothing bounds growth, so nothing rules it out\"\n"
    "  given 2026-06-30 by \"aurora\": system \"s\" with developer \"aurora\", training compute "
    "3e25 FLOP\n" EVALUATIONS "  expect pace is fast\n"
    "         cyber(\"s\") not ruled out because \"growth that nothing bounds\"\n";

/* The lines of the page that are indented by four blanks, from `policy` up to the next line that
 * is not; out gets them without the indent. */
static void extract(struct fb_str page, struct fb_buf *out)
{
    bool inside = false;
    while (page.len > 0) {
        size_t end = fb_str_find(page, '\n', 0);
        struct fb_str line = fb_str_sub(page, 0, end);
        page = fb_str_sub(page, end + 1, page.len);
        bool indented = fb_str_starts(line, FB_STR("    "));
        inside = inside ? indented || line.len == 0 : fb_str_starts(line, FB_STR("    policy \""));
        if (inside) {
            fb_buf_add_str(out, indented ? fb_str_sub(line, 4, line.len) : line);
            fb_buf_add_char(out, '\n');
        } else if (out->len > 0) {
            return;
        }
    }
}

/* The place of a line that begins so. */
static size_t line_at(struct fb_str text, const char *begin)
{
    const char *at = memmem(text.ptr, text.len, begin, strlen(begin));
    if (!at) {
        fail_msg("the design has no '%s'", begin + 1);
    }
    return (size_t)(at - text.ptr) + 1;
}

static void test_design(void **state)
{
    (void)state;
    static struct fb_policy_errors errors;
    struct fb_buf page, shown, policy;
    struct fb_policy_results results;
    struct fb_arena arena;
    char path[4096];
    if (!fb_test_shared("design/DESIGN.md", path, sizeof(path))) {
        skip();
    }
    fb_buf_init(&page, 1 << 20);
    fb_buf_init(&shown, 1 << 20);
    fb_buf_init(&policy, 1 << 20);
    fb_arena_init(&arena, (size_t)1 << 28);
    FB_TEST_OK(fb_io_read(path, &page, &err));
    extract(fb_buf_str(&page), &shown);
    struct fb_str text = fb_buf_str(&shown);
    size_t header = line_at(text, "\nduty initial_report"), test = line_at(text, "\ntest ");
    fb_buf_add_str(&policy, fb_str_sub(text, 0, header));
    while (policy.len > 0 && policy.ptr[policy.len - 1] == '\n') {
        fb_buf_cut(&policy, policy.len - 1);
    }
    fb_buf_add_char(&policy, '\n');
    fb_buf_add_c(&policy, missing);
    fb_buf_add_char(&policy, '\n');
    fb_buf_add_str(&policy, fb_str_sub(text, header, test - header));
    fb_buf_add_c(&policy, tests);
    enum fb_code code =
        fb_policy_test_run(fb_buf_str(&policy), "DESIGN.md", &arena, &results, &errors);
    if (code != FB_OK) {
        fail_msg("%u: %s\n%s", errors.items[0].line, errors.items[0].message, policy.ptr);
    }
    for (size_t i = 0; i < results.count; i++) {
        const struct fb_policy_result *r = &results.items[i];
        if (!r->holds) {
            fail_msg("%.*s: instead: %.*s\n%.*s", FB_STR_ARG(r->expect->text),
                FB_STR_ARG(r->instead), FB_STR_ARG(r->why));
        }
    }
    assert_true(results.count >= 15);
    fb_arena_release(&arena);
    fb_buf_release(&page);
    fb_buf_release(&shown);
    fb_buf_release(&policy);
}

int main(void)
{
    const struct CMUnitTest all[] = {cmocka_unit_test(test_design)};
    return cmocka_run_group_tests_name("design", all, NULL, NULL);
}
