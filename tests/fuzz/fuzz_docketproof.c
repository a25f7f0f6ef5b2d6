/* fuzz_docketproof.c: files of proofs of a docket, as `flyball explain --check FILE` reads them,
 * about one fixed history. What is accepted is what the engine says of it, under the name that it
 * has. */
#include "base/assert.h"
#include "govern/docket_proof.h"
#include "govern/evaluate.h"
#include "govern/test_history.h"

enum { INPUT_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy_text[] =
    "policy \"p\"\n  title \"P\"\n  source \"test\"\n  version 1\n\n"
    "redline cyber(S)\n  measure success of S on \"cybench\"\n"
    "  crossed at 50% with 95% confidence\n  margin a + 5 points from \"D\"\n\n"
    "duty tell(S, I)\n  title \"tell\"\n  when incident I of system S with class C, known to P\n"
    "  party P\n  must report I to \"o\" stage \"initial\"\n  within 2 days if C is death\n"
    "         10 days\n  of P knowing of I\n\n"
    "commitment hold(S) by \"dev\"\n  while cyber(S) crossed or not ruled out\n"
    "  may not deploy S externally\n\n"
    "test \"t\"\n"
    "  given 2026-01-01 by \"dev\": system \"s\" with developer \"dev\"\n"
    "        2026-01-02 by \"lab\": evaluation of \"s\" on \"cybench\": 10 of 300\n"
    "        2026-01-03 by \"dev\": incident \"1\" of \"s\" with class death, known_to \"dev\",\n"
    "          known_at 2026-01-03\n"
    "        2026-01-04 by \"dev\": incident \"2\" of \"s\" with class other, known_to \"dev\",\n"
    "          known_at 2026-01-04\n"
    "        2026-01-05 by \"dev\": report \"r\" of \"s\" with about \"2\", to \"o\", stage "
    "initial\n"
    "  expect cyber(\"s\") ruled out at 2026-01-09\n";

/* The history, and what the engine says of it; both are made once. */
static struct fb_test_history history = {.policy = {policy_text, sizeof(policy_text) - 1}};
static struct fb_govern_input input;
static struct fb_picture picture;

static void prepare(void)
{
    static struct fb_arena arena;
    static struct fb_policy_errors errors;
    struct fb_err err;
    struct fb_registry *registry = NULL;
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)1 << 30);
    history.name = "fuzz.fly";
    enum fb_code code =
        fb_policy_tests(history.policy, history.name, &arena, &history.test, &errors);
    FB_ASSERT(code == FB_OK && history.test);
    fb_time at = history.test->expects->at;
    code = fb_test_history_build(&history, at, &arena, &registry, &err);
    FB_ASSERT(code == FB_OK);
    input = (struct fb_govern_input){.registry = registry,
        .now = at,
        .as_of = FB_TIME_MAX,
        .brief = true,
        .read_blob = fb_test_history_blob,
        .blob_ctx = &history};
    code = fb_govern_evaluate(&input, &arena, &picture, &err);
    FB_ASSERT(code == FB_OK && picture.line_count == 1 && picture.duty_count >= 3);
}

/* Whether the engine says it, too. */
static bool is_so(const struct fb_proof_claimed *claimed)
{
    for (size_t i = 0; i < picture.line_count; i++) {
        if (fb_str_eq(picture.lines[i].id, claimed->id)) {
            return fb_str_is(claimed->status, fb_line_status_name(picture.lines[i].status));
        }
    }
    for (size_t i = 0; i < picture.duty_count; i++) {
        if (fb_str_eq(picture.duties[i].id, claimed->id)) {
            return fb_str_is(
                claimed->status, fb_duty_status_name(picture.duties[i].obligation.status));
        }
    }
    for (size_t i = 0; i < picture.licence_count; i++) {
        if (fb_str_eq(picture.licences[i].id, claimed->id)) {
            return fb_str_is(
                claimed->status, picture.licences[i].allowed ? "allowed" : "not allowed");
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_arena arena;
    struct fb_err err;
    struct fb_proof_claimed claimed, checked;
    struct fb_str file = {(const char *)data, size};
    if (size > INPUT_MAX) {
        return 0;
    }
    if (!history.test) {
        prepare();
    }
    fb_err_init(&err);
    fb_arena_init(&arena, 1 << 26);
    enum fb_code read = fb_proof_claimed_read(file, &arena, &claimed, &err);
    FB_ASSERT(read == FB_OK || err.message[0] != '\0');
    fb_err_init(&err);
    enum fb_code code = fb_docket_proof_check(&input, file, &checked, &err);
    FB_ASSERT(code == FB_OK || err.message[0] != '\0');
    FB_ASSERT(code != FB_OK || (read == FB_OK && is_so(&claimed)));
    fb_arena_release(&arena);
    return 0;
}
