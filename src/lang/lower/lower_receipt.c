/* lower_receipt.c: a report is done when its recipient has it, also before the ledger does. */
#include "base/assert.h"
#include "lang/lower/lower.h"

/* The two relations, and the variables for what report_received says beside. */
struct receipt {
    uint32_t report;
    uint32_t received;
    size_t columns; /* of the report */
    bool found;
};

/* The same of a report that was received; what is no report is shared. */
static struct fb_form *receipt_of(
    struct fb_lowering *l, const struct fb_form *form, struct receipt *receipt)
{
    struct fb_form *out = NULL;
    switch ((int)form->kind) {
    case FB_FORM_PRED:
        if (form->relation != receipt->report) {
            break;
        }
        receipt->found = true;
        out = fb_lower_pred(l, receipt->received, form->span);
        for (uint32_t i = 0; out && i < receipt->columns; i++) {
            fb_lower_column(out, i, form->terms[i]);
        }
        if (out) {
            fb_lower_column(out, (uint32_t)receipt->columns, l->received);
            fb_lower_column(out, (uint32_t)receipt->columns + 1, l->admitted);
        }
        return out;
    case FB_FORM_AND:
        out = receipt_of(l, form->left, receipt);
        return out ? fb_lower_and(l, out, receipt_of(l, form->right, receipt)) : NULL;
    case FB_FORM_EXISTS:
        return fb_lower_exists(
            l, receipt_of(l, form->left, receipt), form->bound, form->bound_count);
    default:
        break;
    }
    return fb_lower_good(l) ? (struct fb_form *)(uintptr_t)form : NULL;
}

static bool is_report(const struct fb_form *form, uint32_t report)
{
    return form && ((form->kind == FB_FORM_PRED && form->relation == report) ||
                       is_report(form->left, report) || is_report(form->right, report));
}

void fb_lower_received(struct fb_lowering *l, struct fb_duty *duty)
{
    int report = fb_policy_relation("report"), received = fb_policy_relation("report_received");
    FB_ASSERT(report >= 0 && received >= 0);
    struct receipt receipt = {.report = (uint32_t)report,
        .received = (uint32_t)received,
        .columns = fb_policy_signature()->relations[report].arity};
    if (duty->modality != FB_MUST || !is_report(duty->act, receipt.report)) {
        return;
    }
    l->received = l->received ? l->received : fb_lower_variable(l, FB_STR("received"));
    l->admitted = l->admitted ? l->admitted : fb_lower_variable(l, FB_STR("admitted"));
    if (!l->received || !l->admitted) {
        return;
    }
    duty->received = receipt_of(l, duty->act, &receipt);
    FB_ASSERT(receipt.found || !fb_lower_good(l));
    duty->received_var = l->received->var;
    duty->admitted_var = l->admitted->var;
    duty->received_relation = receipt.received;
    duty->received_column = (uint32_t)receipt.columns;
    duty->admitted_column = (uint32_t)receipt.columns + 1;
}
