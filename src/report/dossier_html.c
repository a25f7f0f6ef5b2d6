/* dossier_html.c: the liability file as a page that stands by itself, signed at its end. */
#include <stdio.h>

#include "base/assert.h"
#include "base/codec.h"
#include "record/classes.h"
#include "report/dossier.h"
#include "report/html.h"

/* A page in the making. */
struct page {
    const struct fb_dossier_source *source;
    const struct fb_dossier *file;
    struct fb_buf *out;
};

/* What the page has beside the style that all pages share. */
static const char STYLE[] =
    ".two td:nth-child(2),.two td:nth-child(3){width:150px}\n"
    ".two td:first-child{width:64px}\n"
    ".cited{border-bottom:1px solid var(--rule);padding:5px 0;font-size:14px;"
    "overflow-wrap:anywhere}\n"
    ".proof{margin:6px 0 10px;padding:8px 10px;background:var(--raised);border:1px solid "
    "var(--rule);border-radius:4px;font:11.5px/1.4 ui-monospace,Menlo,Consolas,\"Liberation "
    "Mono\",monospace;white-space:pre-wrap;overflow-wrap:anywhere}\n"
    ".owed td:nth-child(-n+2){width:112px}.owed td:nth-child(3){width:92px}"
    ".owed td:nth-child(5){width:176px}\n"
    ".harm h3{margin-top:2px}.harm h4{margin-top:16px}.harm h3::first-letter,"
    ".attention b::first-letter{text-transform:uppercase}\n"
    "mark{background:var(--warn-tint);color:var(--warn-ink);padding:0 2px}\n"
    "blockquote{margin:2px 0;padding:0 0 0 10px;border-left:3px solid var(--rule)}\n"
    ".how{border:1px solid var(--rule);border-radius:6px;padding:4px 16px;background:var(--raised)}"
    "\n.how code{white-space:pre-wrap}\n"
    "@media print{.cited .proof{display:none}.harm{break-inside:auto}}\n";

static void ref(struct page *page, const struct fb_record *record)
{
    fb_buf_addf(page->out, "<a href=\"#r%llu\">#%llu</a>", (unsigned long long)record->seq,
        (unsigned long long)record->seq);
}

/* The same with its id. */
static void ref_id(struct page *page, const struct fb_record *record)
{
    ref(page, record);
    fb_buf_add_char(page->out, ' ');
    fb_html_text_middle(page->out, record->id, 60);
}

static void fact(struct page *page, const char *term, struct fb_str text)
{
    fb_buf_addf(page->out, "<div><dt>%s</dt><dd>", term);
    fb_html_text(page->out, text.len ? text : FB_STR("not on record"));
    fb_buf_add_c(page->out, "</dd></div>\n");
}

static void fact_time(
    struct page *page, const char *term, const struct fb_record *record, const char *field)
{
    int at = fb_kind_field(record->kind, fb_str_of(field));
    FB_ASSERT(at >= 0);
    struct fb_value value = fb_record_value(record, (size_t)at);
    fb_buf_addf(page->out, "<div><dt>%s</dt><dd>", term);
    if (value.type == FB_TYPE_TIME) {
        fb_html_time(page->out, value.u.time);
        fb_buf_add_c(page->out, " UTC");
    } else {
        fb_buf_add_c(page->out, "not on record");
    }
    fb_buf_add_c(page->out, "</dd></div>\n");
}

/* ---- head ---- */

static void head(struct page *page)
{
    struct fb_buf *out = page->out;
    char cited[64];
    (void)snprintf(cited, sizeof(cited), "<meta name=\"flyball-cited\" content=\"%zu\">\n",
        page->file->cited_count);
    fb_html_begin(out, cited, false);
    fb_buf_add_c(out, "Liability file of ");
    fb_html_text_cut(out, fb_system_title(page->file->system), 200);
    fb_buf_add_c(out, "</title>\n<style>\n");
    fb_html_style(out);
    fb_buf_add_c(out, STYLE);
    fb_buf_add_c(out, "</style>\n</head>\n<body>\n<main>\n");
}

static void lineage(struct page *page)
{
    fb_buf_add_c(page->out, "<div><dt>Made from</dt><dd>");
    for (size_t i = 0; i < page->file->lineage_count; i++) {
        fb_buf_add_c(page->out, i ? ", " : "");
        ref_id(page, page->file->lineage[i]);
    }
    fb_buf_add_c(page->out, page->file->lineage_count ? "" : "no other system on record");
    fb_buf_add_c(page->out, "</dd></div>\n");
}

static void title(struct page *page)
{
    const struct fb_picture *picture = page->source->picture;
    const struct fb_dossier *file = page->file;
    struct fb_buf *out = page->out;
    char root[65];
    fb_hex_encode(picture->root, sizeof(picture->root), root);
    fb_buf_add_c(out, "<header>\n<p class=\"eyebrow\">Liability file</p>\n<h1>");
    fb_html_text_cut(out, fb_system_title(file->system), 200);
    fb_buf_add_c(out, "</h1>\n<p class=\"instant\">What was known, owed and done at ");
    fb_html_time(out, picture->now);
    fb_buf_add_c(out, " UTC</p>\n");
    if (picture->simulated) {
        fb_buf_add_c(out,
            "<p class=\"banner\" role=\"note\"><strong>Simulated clock.</strong> This "
            "docket is an example: its dates are not the world's.</p>\n");
    }
    if (picture->as_of != FB_TIME_MAX) {
        fb_buf_add_c(out,
            "<p class=\"banner\" role=\"note\"><strong>Looking back.</strong> Nothing "
            "that was filed at that instant or later is in this file.</p>\n");
    }
    fb_buf_add_c(out, "<dl class=\"facts\">\n");
    fact(page, "System", file->system->id);
    fact(page, "Developer",
        file->developer ? fb_record_text(file->developer, "title") : file->system->developer);
    lineage(page);
    fact(page, "Docket", picture->origin);
    fact(page, "Signed by", page->source->signer);
    fb_buf_addf(out,
        "</dl>\n<p class=\"seal\">From the first %llu records of the ledger, whose "
        "root then is <code class=\"root\">%s</code>.</p>\n</header>\n",
        (unsigned long long)picture->record_count, root);
}

static void how_to_read(struct page *page)
{
    fb_buf_add_c(page->out,
        "<section>\n<div class=\"how\">\n<p><strong>Two times.</strong> <em>On the ledger "
        "since</em> is "
        "when a record was admitted: it is part of what the log signed, and the proofs at the end "
        "show it. <em>Dated</em>, <em>began</em> and <em>known since</em> are what the issuer of a "
        "record says. Where the two lie apart, only the first is proved.</p>\n"
        "<p><strong>Foreseen.</strong> Records from before a harm were searched for its hazard: a "
        "record that names it, an incident of the same class, or a text with words of that class. "
        "What was found and by what is shown; what the passage means is for the reader to "
        "judge.</p>\n"
        "<p><strong>Complete.</strong> The proofs show that each record that is cited is in the "
        "log. "
        "That no other record concerns the system is what the signature vouches for; who holds the "
        "docket checks it by making this file again.</p>\n</div>\n</section>\n");
}

/* ---- in brief ---- */

static enum fb_tone tone_of(enum fb_foresight foresight)
{
    switch (foresight) {
    case FB_FORESEEN:
        return FB_TONE_BAD;
    case FB_FORESEEN_BY_DATE:
    case FB_FORESEEN_UNKNOWN:
        return FB_TONE_WARN;
    case FB_FORESEEN_NOWHERE:
        break;
    }
    return FB_TONE_FAINT;
}

static void sentence(struct page *page, void (*say)(const struct fb_harm *, struct fb_buf *),
    const struct fb_harm *harm)
{
    struct fb_buf text;
    fb_buf_init(&text, 4096);
    say(harm, &text);
    fb_html_sentence(page->out, fb_buf_str(&text));
    fb_buf_release(&text);
}

static void brief(struct page *page)
{
    const struct fb_dossier *file = page->file;
    struct fb_buf *out = page->out;
    size_t broken = fb_dossier_breaches(file);
    fb_buf_add_c(out, "<section aria-labelledby=\"brief\">\n<h2 id=\"brief\">In brief</h2>\n"
                      "<ul class=\"attention\">\n");
    for (size_t i = 0; i < file->harm_count; i++) {
        const struct fb_harm *harm = &file->harms[i];
        fb_buf_add_c(out, "<li>");
        fb_html_chip(out, tone_of(harm->foresight), fb_foresight_name(harm->foresight));
        fb_buf_addf(out, "<a href=\"#harm-%zu\"><b>", i + 1);
        fb_html_sentence_cut(out, fb_record_text(harm->incident.head, "title"), 160);
        fb_buf_add_c(out, "</b></a>: ");
        sentence(page, fb_dossier_say_foresight, harm);
        fb_buf_add_c(out, "</li>\n");
    }
    if (file->harm_count == 0) {
        fb_buf_add_c(out, "<li>No harm by this system is on record.</li>\n");
    }
    fb_buf_add_c(out, "<li>");
    fb_html_chip(out, broken ? FB_TONE_BAD : FB_TONE_GOOD, broken ? "broken or late" : "kept");
    fb_buf_addf(out,
        "<a href=\"#duties\">Duties</a> that were broken, are overdue, or were done late: "
        "%zu of %zu</li>\n",
        broken, file->duty_count);
    fb_buf_addf(out,
        "<li>%zu records concern the system; <a href=\"#proofs\">%zu records</a> are "
        "cited, each with its proof</li>\n</ul>\n</section>\n",
        file->item_count, file->cited_count);
}

/* ---- harms ---- */

/* The passage with the word that was found marked. */
static void passage(struct page *page, const struct fb_warning *warning)
{
    struct fb_str words = warning->words;
    size_t at = words.len;
    for (size_t i = 0; warning->term.len && i + warning->term.len <= words.len && at == words.len;
         i++) {
        size_t same = 0;
        while (same < warning->term.len &&
               (words.ptr[i + same] | 0x20) == (warning->term.ptr[same] | 0x20)) {
            same++;
        }
        at = same == warning->term.len ? i : at;
    }
    fb_buf_add_c(page->out, "<blockquote>");
    fb_html_text(page->out, fb_str_sub(words, 0, at));
    if (at < words.len) {
        fb_buf_add_c(page->out, "<mark>");
        fb_html_text(page->out, fb_str_sub(words, at, warning->term.len));
        fb_buf_add_c(page->out, "</mark>");
        fb_html_text(page->out, fb_str_sub(words, at + warning->term.len, words.len));
    }
    fb_buf_add_c(page->out, "</blockquote>");
}

static void warnings(struct page *page, const struct fb_harm *harm)
{
    struct fb_buf *out = page->out;
    if (harm->warning_count == 0) {
        return;
    }
    fb_buf_add_c(out, "<table class=\"cards two\">\n<thead><tr><th scope=\"col\">Record</th><th "
                      "scope=\"col\">On the ledger since</th><th scope=\"col\">Dated</th><th "
                      "scope=\"col\">By whom</th><th scope=\"col\">What it says</th></tr></thead>\n"
                      "<tbody>\n");
    for (size_t i = 0; i < harm->warning_count; i++) {
        const struct fb_warning *warning = &harm->warnings[i];
        fb_buf_add_c(out, "<tr><td data-label=\"Record\">");
        ref(page, warning->record);
        fb_buf_add_c(out, "</td><td data-label=\"On the ledger since\">");
        fb_html_time(out, warning->record->admitted);
        fb_buf_add_c(out, warning->grade == FB_WARNING_ON_LEDGER
                              ? ""
                              : "<div class=\"small\">after the harm: not proved</div>");
        fb_buf_add_c(out, "</td><td data-label=\"Dated\">");
        fb_html_time(out, warning->record->at);
        fb_buf_add_c(out, "</td><td data-label=\"By whom\">");
        fb_html_text_cut(out, fb_short_id(warning->record->issuer), 60);
        fb_buf_addf(out, "</td><td data-label=\"What it says\"><div class=\"small\">%s, ",
            fb_kind_name(warning->record->kind));
        fb_html_text_cut(out, warning->place, 80);
        fb_buf_add_c(out, warning->elsewhere ? ", of another system</div>" : "</div>");
        passage(page, warning);
        fb_buf_addf(out, "<div class=\"small\">by %s",
            warning->link == FB_WARNING_NAMED   ? "the name of the hazard"
            : warning->link == FB_WARNING_CLASS ? "an incident of the class"
                                                : "words:");
        if (warning->by.len) {
            fb_buf_add_c(out, " ");
            fb_html_text_cut(out, warning->by, 80);
        }
        fb_buf_add_c(out, "</div>");
        fb_buf_add_c(out, "</td></tr>\n");
    }
    fb_buf_add_c(out, "</tbody>\n</table>\n");
    fb_html_cut(out, harm->warnings_all - harm->warning_count, "passages are not shown");
}

static void known(struct page *page, const struct fb_incident_view *view)
{
    struct fb_buf *out = page->out;
    fb_buf_add_c(out, "<h4>Who knew, and since when</h4>\n<ul>\n");
    for (size_t i = 0; i < view->word_count; i++) {
        const struct fb_incident_word *word = &view->words[i];
        if (word->record->kind != FB_KIND_incident) {
            fb_buf_add_c(out, "<li>");
            fb_html_text_cut(out, fb_short_id(word->record->issuer), 60);
            fb_buf_addf(out, " filed a %s", fb_kind_name(word->record->kind));
        } else if (word->knows) {
            fb_buf_add_c(out, "<li>");
            fb_html_text_cut(out, word->who.len ? fb_short_id(word->who) : FB_STR("somebody"), 60);
            fb_buf_add_c(out, " knew");
            if (word->known_at != FB_TIME_MAX) {
                fb_buf_add_c(out, " since ");
                fb_html_time(out, word->known_at);
                fb_buf_add_c(out, " UTC");
            }
            fb_buf_add_c(out, ", says ");
            fb_html_text_cut(out, fb_short_id(word->record->issuer), 60);
        } else {
            fb_buf_add_c(out, "<li>who knew is not said by ");
            fb_html_text_cut(out, fb_short_id(word->record->issuer), 60);
        }
        fb_buf_add_c(out, "; on the ledger since ");
        fb_html_time(out, word->record->admitted);
        fb_buf_add_c(out, " UTC: ");
        ref(page, word->record);
        fb_buf_add_c(out, "</li>\n");
    }
    fb_buf_add_c(out, "</ul>\n");
}

static void clocks(struct page *page, const struct fb_incident_view *view)
{
    struct fb_buf *out = page->out;
    size_t count = 0;
    for (size_t i = 0; i < view->clock_count; i++) {
        const struct fb_incident_clock *clock = &view->clocks[i];
        if (clock->state != FB_CLOCK_RUNS && clock->state != FB_CLOCK_CANNOT_TELL) {
            continue;
        }
        fb_buf_add_c(out, count++ ? "" : "<h4>What it made owed</h4>\n<ul>\n");
        fb_buf_add_c(out, "<li>");
        if (clock->duty) {
            enum fb_duty_status status = clock->duty->obligation.status;
            fb_html_chip(out, fb_tone_of_duty(status), fb_duty_status_name(status));
        }
        fb_html_text_cut(out, clock->rule->title.len ? clock->rule->title : clock->rule->name, 200);
        if (clock->state == FB_CLOCK_CANNOT_TELL) {
            fb_buf_add_c(out, ": cannot tell, needs ");
            fb_html_text(out, clock->needs);
        } else {
            fb_buf_add_c(out, " <span class=\"when\">");
            fb_duty_when(clock->duty, page->source->picture->now, out);
            fb_buf_add_c(out, "</span>");
        }
        fb_buf_add_c(out, "</li>\n");
    }
    fb_buf_add_c(out, count ? "</ul>\n" : "");
}

static void harm_section(struct page *page, size_t index)
{
    const struct fb_harm *harm = &page->file->harms[index];
    const struct fb_record *head = harm->incident.head;
    struct fb_str class = fb_record_text(head, "class");
    const struct fb_class *known_class = fb_class_named(class);
    struct fb_buf *out = page->out;
    fb_buf_addf(out, "<article class=\"item harm\" id=\"harm-%zu\">\n<h3>", index + 1);
    fb_html_sentence_cut(out, fb_record_text(head, "title"), 300);
    fb_buf_add_c(out, "</h3>\n<dl class=\"facts\">\n<div><dt>Class</dt><dd>");
    fb_html_text(out, known_class ? fb_str_of(known_class->text) : class);
    fb_buf_add_c(out, "</dd></div>\n");
    fact_time(page, "Began, as its issuer says", head, "began");
    fact_time(page, "Known since, as its issuer says", head, "known_at");
    fb_buf_add_c(out, "<div><dt>On the ledger since</dt><dd>");
    fb_html_time(out, harm->incident.first->admitted);
    fb_buf_add_c(out, " UTC, ");
    ref(page, harm->incident.first);
    if (head != harm->incident.first) {
        fb_buf_add_c(out, ", corrected by ");
        ref(page, head);
    }
    fb_buf_add_c(out, "</dd></div>\n</dl>\n");
    if (fb_record_text(head, "description").len) {
        fb_buf_add_c(out, "<p>");
        fb_html_text(out, fb_record_text(head, "description"));
        fb_buf_add_c(out, "</p>\n");
    }
    fb_buf_add_c(out, "<h4>Was the hazard foreseen?</h4>\n<p class=\"verdict\">");
    fb_html_chip(out, tone_of(harm->foresight), fb_foresight_name(harm->foresight));
    sentence(page, fb_dossier_say_foresight, harm);
    fb_buf_add_c(out, ".</p>\n");
    warnings(page, harm);
    known(page, &harm->incident);
    clocks(page, &harm->incident);
    fb_buf_add_c(out, "</article>\n");
}

static void harms(struct page *page)
{
    fb_buf_add_c(page->out, "<section aria-labelledby=\"harms\">\n<h2 id=\"harms\">Harms, and "
                            "whether they were foreseen</h2>\n");
    if (page->file->harm_count == 0) {
        fb_buf_add_c(page->out, "<p class=\"note\">No incident that the system had a part in is on "
                                "record.</p>\n");
    }
    for (size_t i = 0; i < page->file->harm_count; i++) {
        harm_section(page, i);
    }
    fb_buf_add_c(page->out, "</section>\n");
}

/* ---- what was owed, what was decided ---- */

static void rests(struct page *page, const struct fb_dossier_verdict *verdict)
{
    struct fb_buf *out = page->out;
    if (verdict->said.len) {
        fb_buf_add_c(out, "<div class=\"small\">");
        fb_html_sentence(out, verdict->said);
        fb_buf_add_c(out, "</div>");
    }
    fb_buf_add_c(out, "<div class=\"small\">Rests on ");
    for (size_t i = 0; i < verdict->rest_count; i++) {
        fb_buf_add_c(out, i ? ", " : "");
        ref(page, verdict->rests[i]);
    }
    fb_buf_add_c(out, verdict->rest_count ? "</div>" : "no record</div>");
}

static void duty_row(struct page *page, const struct fb_dossier_verdict *verdict)
{
    const struct fb_obligation *o = &verdict->duty->obligation;
    struct fb_buf *out = page->out;
    fb_buf_add_c(out, "<tr><td data-label=\"Owed since\">");
    fb_html_time(out, o->since);
    fb_buf_add_c(out, "</td><td data-label=\"Due\">");
    if (o->deadline == FB_TIME_MAX) {
        fb_buf_add_c(out, o->status == FB_DUTY_UNDATED ? "cannot tell" : "no date");
    } else {
        fb_html_time(out, o->deadline);
    }
    fb_buf_add_c(out, "</td><td data-label=\"By\">");
    fb_html_text_cut(out, fb_short_id(o->party), 60);
    fb_buf_add_c(out, "</td><td data-label=\"What\">");
    fb_html_sentence(out, verdict->duty->text);
    rests(page, verdict);
    fb_buf_add_c(out, "</td><td data-label=\"What became of it\">");
    fb_html_chip(out, fb_tone_of_duty(o->status), fb_duty_status_name(o->status));
    fb_buf_add_c(out, "<div class=\"small\">");
    fb_duty_when(verdict->duty, page->source->picture->now, out);
    fb_buf_add_c(out, "</div></td></tr>\n");
}

static void duties(struct page *page)
{
    struct fb_buf *out = page->out;
    fb_buf_add_c(out, "<section aria-labelledby=\"duties\">\n<h2 id=\"duties\">What was owed, and "
                      "what was done</h2>\n");
    if (page->file->duty_count == 0) {
        fb_buf_add_c(out, "<p class=\"note\">Nothing was owed.</p>\n</section>\n");
        return;
    }
    fb_buf_add_c(out, "<table class=\"cards owed\">\n<thead><tr><th scope=\"col\">Owed since</th>"
                      "<th scope=\"col\">Due</th><th scope=\"col\">By</th><th scope=\"col\">What"
                      "</th><th scope=\"col\">What became of it</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < page->file->duty_count; i++) {
        duty_row(page, &page->file->duties[i]);
    }
    fb_buf_add_c(out, "</tbody>\n</table>\n</section>\n");
}

static void decided(struct page *page)
{
    struct fb_buf *out = page->out;
    fb_buf_add_c(out, "<section aria-labelledby=\"decided\">\n<h2 id=\"decided\">Red lines, safety "
                      "cases, orders, licences</h2>\n<ul class=\"attention\">\n");
    for (size_t i = 0; i < page->file->verdict_count; i++) {
        const struct fb_dossier_verdict *verdict = &page->file->verdicts[i];
        fb_buf_addf(out, "<li><span class=\"role\">%s</span> ", verdict->kind);
        fb_html_text(out, verdict->headline);
        rests(page, verdict);
        fb_buf_add_c(out, "</li>\n");
    }
    if (page->file->verdict_count == 0) {
        fb_buf_add_c(out, "<li>None.</li>\n");
    }
    fb_buf_add_c(out, "</ul>\n</section>\n");
}

/* ---- what was known ---- */

static void remarks(struct page *page, const struct fb_dossier_item *item)
{
    struct fb_buf text;
    fb_buf_init(&text, 1024);
    fb_dossier_say_delay(item->record, &text);
    fb_html_text(page->out, fb_buf_str(&text));
    if (item->successor) {
        fb_buf_add_c(page->out, text.len ? "; corrected by " : "corrected by ");
        ref(page, item->successor);
    }
    if (item->disowned != FB_TIME_MAX) {
        fb_buf_add_c(page->out, " its key is revoked from before its filing");
    }
    fb_buf_release(&text);
}

static void item_row(struct page *page, const struct fb_dossier_item *item)
{
    const struct fb_record *record = item->record;
    struct fb_buf *out = page->out;
    fb_buf_add_c(out, "<tr><td data-label=\"Record\">");
    ref(page, record);
    fb_buf_add_c(out, "</td><td data-label=\"On the ledger since\">");
    fb_html_time(out, record->admitted);
    fb_buf_add_c(out, "</td><td data-label=\"Dated\">");
    fb_html_time(out, record->at);
    fb_buf_add_c(out, "</td><td data-label=\"By whom\">");
    fb_html_text_cut(out, fb_short_id(record->issuer), 60);
    if (item->signer.len && !fb_str_eq(item->signer, record->issuer)) {
        fb_buf_add_c(out, "<div class=\"small\">signed by ");
        fb_html_text_cut(out, fb_short_id(item->signer), 60);
        fb_buf_add_c(out, "</div>");
    }
    fb_buf_addf(out, "</td><td data-label=\"What\"><b>%s</b> ", fb_kind_text(record->kind));
    fb_html_text_middle(out, record->id, 80);
    fb_buf_add_c(out, "<div class=\"small\">");
    fb_html_text(out, item->words);
    fb_buf_add_c(out, "</div></td><td data-label=\"Remark\" class=\"small\">");
    remarks(page, item);
    fb_buf_add_c(out, "</td></tr>\n");
}

static void items(struct page *page)
{
    const struct fb_dossier_usage *usage = &page->file->usage;
    struct fb_buf *out = page->out;
    fb_buf_add_c(out,
        "<section aria-labelledby=\"known\">\n<h2 id=\"known\">What was known, when, by "
        "whom</h2>\n<p class=\"note\">Who issued a record knew what it says at its date "
        "at the latest, by their own word. Who reads the ledger could know it once it "
        "was there.</p>\n<table class=\"cards two\">\n<thead><tr><th scope=\"col\">Record"
        "</th><th scope=\"col\">On the ledger since</th><th scope=\"col\">Dated</th><th "
        "scope=\"col\">By whom</th><th scope=\"col\">What</th><th scope=\"col\">Remark"
        "</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < page->file->item_count; i++) {
        item_row(page, &page->file->items[i]);
    }
    fb_buf_add_c(out, "</tbody>\n</table>\n");
    if (usage->jobs) {
        fb_buf_add_c(out, "<p class=\"note\">Beside these, ");
        fb_html_count(out, (int64_t)usage->jobs);
        fb_buf_add_c(out, " records of jobs with ");
        fb_html_count(out, usage->gpu_seconds);
        fb_buf_add_c(out, " GPU-seconds, ");
        if (usage->unknown) {
            fb_buf_add_c(out, "and not known how many of ");
            fb_html_count(out, (int64_t)usage->unknown);
            fb_buf_add_c(out, " of the jobs, ");
        }
        fb_buf_add_c(out, "from ");
        ref(page, usage->first);
        fb_buf_add_c(out, " to ");
        ref(page, usage->last);
        fb_buf_add_c(out, ".</p>\n");
    }
    fb_buf_add_c(out, "</section>\n");
}

/* ---- proofs ---- */

/* A proof is base64 and a note, whose lines stay as they are. */
static void verbatim(struct fb_buf *out, struct fb_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '&' || c == '<' || c == '>') {
            fb_buf_add_c(out, c == '&' ? "&amp;" : c == '<' ? "&lt;" : "&gt;");
        } else {
            fb_buf_add_char(out, c);
        }
    }
}

static enum fb_code proofs(struct page *page, struct fb_err *err)
{
    struct fb_buf *out = page->out, proof;
    enum fb_code code = FB_OK;
    fb_buf_init(&proof, FB_DOSSIER_FILE_MAX);
    fb_buf_add_c(out,
        "<section aria-labelledby=\"proofs\">\n<h2 id=\"proofs\">Records and proofs"
        "</h2>\n<p class=\"note\">Each proof holds the signed record itself. Saved to a "
        "file, it is checked with <code>flyball log check FILE --key KEY</code>, where "
        "KEY is the one that the keeper of the log publishes.</p>\n");
    for (size_t i = 0; code == FB_OK && i < page->file->cited_count; i++) {
        const struct fb_record *record = page->file->cited[i];
        fb_buf_clear(&proof);
        code = page->source->prove(page->source->ctx, record->seq, &proof, err);
        fb_dossier_citation_html(record, out);
        fb_buf_add_c(out, FB_DOSSIER_PROOF);
        verbatim(out, fb_buf_str(&proof));
        fb_buf_add_c(out, FB_DOSSIER_PROOF_END);
    }
    fb_buf_add_c(out, "</section>\n");
    fb_buf_release(&proof);
    return code;
}

static void foot(struct page *page)
{
    struct fb_buf *out = page->out;
    fb_buf_add_c(out,
        "</main>\n<footer>\n<p>To check this file without the docket: <code>flyball dossier "
        "--check "
        "FILE --key KEY</code>. Or by OpenSSH alone, with the list of keys that <code>flyball log "
        "signers</code> prints: <code>sed '/^&lt;!-- flyball.dossier /,$d' FILE &gt;body; sed -n "
        "'/^-----BEGIN SSH/,/^-----END SSH/p' FILE &gt;sig; ssh-keygen -Y verify -f signers -I ");
    fb_html_text_all(out, page->source->signer);
    fb_buf_add_c(out,
        " -n " FB_NAMESPACE_DOSSIER " -s sig &lt;body</code></p>\n</footer>\n</body>\n"
        "</html>\n");
}

enum fb_code fb_report_dossier_html(
    const struct fb_dossier_source *source, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(source && source->picture && source->file && source->prove && source->sign && out);
    static void (*const parts[])(struct page *) = {
        head, title, brief, how_to_read, harms, duties, decided, items};
    struct page page = {source, source->file, out};
    struct fb_buf signature;
    size_t from = out->len;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        parts[i](&page);
    }
    enum fb_code code = proofs(&page, err);
    foot(&page);
    if (code == FB_OK) {
        code = fb_buf_check(out, "the liability file", err);
    }
    fb_buf_init(&signature, 1 << 16);
    if (code == FB_OK) {
        struct fb_str body = fb_str_sub(fb_buf_str(out), from, out->len);
        code = source->sign(source->ctx, body, &signature, err);
    }
    if (code == FB_OK) {
        fb_buf_addf(out, FB_DOSSIER_SEAL "%.*s\n", FB_STR_ARG(source->signer));
        fb_buf_add_str(out, fb_buf_str(&signature));
        fb_buf_add_c(out, "-->\n");
        code = fb_buf_check(out, "the liability file", err);
    }
    fb_buf_release(&signature);
    return code;
}
