/* Tests of the bias score in src/stats/safety.c on BBQ's published answers of UnifiedQA, asked
 * without the context, in ambiguous contexts: accuracy and bias of figure 6. */
#include <math.h>

#include "fb_test.h"
#include "ingest/bbq.h"
#include "ingest/columns.h"
#include "stats/safety.h"

static struct fb_err err;

static void test_published(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        double accuracy, bias;
    } cases[] = {{"preds_Religion", 58.0, 21.3}, {"preds_Sexual_orientation", 76.6, 7.6},
        {"preds_Disability_status", 50.1, 29.8}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[128], path[512];
        (void)snprintf(name, sizeof(name), "data/evidence/bbq/%s.jsonl.gz", cases[i].file);
        if (!fb_test_shared(name, path, sizeof(path))) {
            skip();
        }
        struct fb_buf text;
        struct fb_arena arena;
        struct fb_bbq bbq;
        fb_buf_init(&text, 1 << 24);
        fb_arena_init(&arena, 1 << 20);
        FB_TEST_OK(fb_columns_text(path, &text, &err));
        FB_TEST_OK(fb_bbq_read_memory(fb_buf_str(&text), path, &arena, &bbq, &err));
        const struct fb_bbq_model *model = &bbq.models[0];
        while (!fb_str_is(model->name, "unifiedqa-t5-11b_pred_qonly")) {
            model++;
            assert_true(model < &bbq.models[bbq.count]);
        }
        struct fb_bias_counts counts = model->counts[1];
        fb_arena_release(&arena);
        fb_buf_release(&text);
        double score[3];
        FB_TEST_OK(fb_bias_score(&counts, 1, 0.95, score, &err));
        double accuracy = 100 * (double)counts.right / (double)counts.questions;
        if (fabs(accuracy - cases[i].accuracy) > 0.051 ||
            fabs(100 * score[0] - cases[i].bias) > 0.051) {
            fail_msg("%s: accuracy %.2f, bias %.2f", cases[i].file, accuracy, 100 * score[0]);
        }
        assert_true(score[1] < score[0] && score[0] < score[2]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
