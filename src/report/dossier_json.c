/* dossier_json.c: the liability file for programs: the file as text, and its signature. */
#include "base/assert.h"
#include "base/codec.h"
#include "report/dossier.h"
#include "report/json_parts.h"
#include "report/words.h"

static void put_warning(struct fb_json_writer *w, const struct fb_warning *warning)
{
    fb_json_open_object(w);
    fb_json_key_int(w, "seq", (int64_t)warning->record->seq);
    fb_json_key_str(w, "id", warning->record->id);
    fb_json_key_bool(w, "on_ledger_before", warning->grade == FB_WARNING_ON_LEDGER);
    fb_report_key_time(w, "admitted", warning->record->admitted);
    fb_report_key_time(w, "at", warning->record->at);
    fb_json_key_str(w, "issuer", warning->record->issuer);
    fb_json_key_str(w, "place", warning->place);
    fb_json_key_str(w, "passage", warning->words);
    fb_json_key_c(w, "link", fb_warning_link_name(warning->link));
    fb_json_key_str(w, "found", warning->term);
    fb_json_key_str(w, "by", warning->by);
    fb_json_key_bool(w, "other_system", warning->elsewhere);
    fb_json_close_object(w);
}

static void put_harm(struct fb_json_writer *w, const struct fb_harm *harm)
{
    const struct fb_incident_view *view = &harm->incident;
    struct fb_buf text;
    fb_buf_init(&text, 4096);
    fb_dossier_say_foresight(harm, &text);
    fb_json_open_object(w);
    fb_json_key_str(w, "incident", view->first->id);
    fb_json_key_str(w, "title", fb_record_text(view->head, "title"));
    fb_json_key_str(w, "class", fb_record_text(view->head, "class"));
    fb_report_key_time(w, "admitted", view->first->admitted);
    fb_report_key_time(w, "before", harm->before);
    fb_json_key_c(w, "before_is", harm->since);
    fb_json_key_c(w, "foreseen", fb_foresight_name(harm->foresight));
    fb_json_key_str(w, "says", fb_buf_str(&text));
    fb_json_key_int(w, "passages", (int64_t)harm->warnings_all);
    fb_json_key(w, "warnings");
    fb_json_open_array(w);
    for (size_t i = 0; i < harm->warning_count; i++) {
        put_warning(w, &harm->warnings[i]);
    }
    fb_json_close_array(w);
    fb_json_key(w, "knowledge");
    fb_json_open_array(w);
    for (size_t i = 0; i < view->word_count; i++) {
        fb_json_open_object(w);
        fb_json_key_int(w, "seq", (int64_t)view->words[i].record->seq);
        fb_json_key_str(w, "who", view->words[i].who);
        fb_report_key_time(w, "known_at", view->words[i].known_at);
        fb_report_key_time(w, "admitted", view->words[i].record->admitted);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
    fb_buf_release(&text);
}

static void put_verdict(struct fb_json_writer *w, const struct fb_dossier_verdict *verdict)
{
    fb_json_open_object(w);
    fb_json_key_c(w, "kind", verdict->kind);
    fb_json_key_str(w, "id", verdict->id);
    fb_json_key_str(w, "says", verdict->headline);
    fb_json_key_str(w, "why", verdict->said);
    if (verdict->duty) {
        const struct fb_obligation *o = &verdict->duty->obligation;
        fb_json_key_str(w, "party", o->party);
        fb_json_key_str(w, "owes", verdict->duty->text);
        fb_json_key_c(w, "status", fb_duty_status_name(o->status));
        fb_report_key_time(w, "since", o->since);
        fb_report_key_time(w, "deadline", o->deadline);
        fb_report_key_time(w, "settled", o->settled);
        fb_report_key_time(w, "breached", o->breached);
    }
    fb_json_key(w, "rests_on");
    fb_json_open_array(w);
    for (size_t i = 0; i < verdict->rest_count; i++) {
        fb_json_int(w, (int64_t)verdict->rests[i]->seq);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
}

static void put_items(struct fb_json_writer *w, const struct fb_dossier *file)
{
    fb_json_key(w, "records");
    fb_json_open_array(w);
    for (size_t i = 0; i < file->item_count; i++) {
        const struct fb_dossier_item *item = &file->items[i];
        fb_json_open_object(w);
        fb_json_key_int(w, "seq", (int64_t)item->record->seq);
        fb_report_key_time(w, "admitted", item->record->admitted);
        fb_report_key_time(w, "at", item->record->at);
        fb_json_key_str(w, "issuer", item->record->issuer);
        fb_json_key_str(w, "signer", item->signer);
        fb_json_key_str(w, "says", item->words);
        if (item->successor) {
            fb_json_key_int(w, "corrected_by", (int64_t)item->successor->seq);
        }
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
    if (file->usage.jobs) {
        fb_json_key(w, "usage");
        fb_json_open_object(w);
        fb_json_key_int(w, "jobs", (int64_t)file->usage.jobs);
        fb_json_key_int(w, "gpu_seconds", file->usage.gpu_seconds);
        if (file->usage.unknown) {
            fb_json_key_int(w, "jobs_without_gpus_said", (int64_t)file->usage.unknown);
        }
        fb_json_key_int(w, "first", (int64_t)file->usage.first->seq);
        fb_json_key_int(w, "last", (int64_t)file->usage.last->seq);
        fb_json_close_object(w);
    }
}

static enum fb_code put_cited(
    struct fb_json_writer *w, const struct fb_dossier_source *source, struct fb_err *err)
{
    struct fb_buf proof;
    enum fb_code code = FB_OK;
    fb_buf_init(&proof, FB_DOSSIER_FILE_MAX);
    fb_json_key(w, "cited");
    fb_json_open_array(w);
    for (size_t i = 0; code == FB_OK && i < source->file->cited_count; i++) {
        fb_buf_clear(&proof);
        code = source->prove(source->ctx, source->file->cited[i]->seq, &proof, err);
        fb_json_open_object(w);
        fb_dossier_citation_json(source->file->cited[i], w);
        fb_json_key_str(w, "proof", fb_buf_str(&proof));
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
    fb_buf_release(&proof);
    return code;
}

/* The file itself: what is signed. */
static enum fb_code put_file(
    const struct fb_dossier_source *source, struct fb_buf *out, struct fb_err *err)
{
    const struct fb_dossier *file = source->file;
    const struct fb_picture *picture = source->picture;
    struct fb_json_writer w;
    char root[65];
    fb_hex_encode(picture->root, sizeof(picture->root), root);
    fb_json_writer_init(&w, out, 1);
    fb_json_open_object(&w);
    fb_json_key_str(&w, "system", file->system->id);
    fb_json_key_str(&w, "title", fb_system_title(file->system));
    fb_json_key_str(&w, "developer", file->system->developer);
    fb_report_key_time(&w, "now", picture->now);
    fb_report_key_time(&w, "as_of", picture->as_of);
    fb_json_key_str(&w, "origin", picture->origin);
    fb_json_key_bool(&w, "simulated", picture->simulated);
    fb_json_key_int(&w, "entries", (int64_t)picture->record_count);
    fb_json_key_c(&w, "root", root);
    fb_json_key(&w, "made_from");
    fb_json_open_array(&w);
    for (size_t i = 0; i < file->lineage_count; i++) {
        fb_json_str(&w, file->lineage[i]->id);
    }
    fb_json_close_array(&w);
    fb_json_key(&w, "harms");
    fb_json_open_array(&w);
    for (size_t i = 0; i < file->harm_count; i++) {
        put_harm(&w, &file->harms[i]);
    }
    fb_json_close_array(&w);
    fb_json_key(&w, "duties");
    fb_json_open_array(&w);
    for (size_t i = 0; i < file->duty_count; i++) {
        put_verdict(&w, &file->duties[i]);
    }
    fb_json_close_array(&w);
    fb_json_key(&w, "verdicts");
    fb_json_open_array(&w);
    for (size_t i = 0; i < file->verdict_count; i++) {
        put_verdict(&w, &file->verdicts[i]);
    }
    fb_json_close_array(&w);
    put_items(&w, file);
    enum fb_code code = put_cited(&w, source, err);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return code ? code : fb_buf_check(out, "the liability file", err);
}

enum fb_code fb_report_dossier_json(
    const struct fb_dossier_source *source, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(source && source->picture && source->file && source->prove && source->sign && out);
    struct fb_buf text, signature;
    struct fb_json_writer w;
    fb_buf_init(&text, FB_DOSSIER_FILE_MAX);
    fb_buf_init(&signature, 1 << 16);
    enum fb_code code = put_file(source, &text, err);
    if (code == FB_OK) {
        code = source->sign(source->ctx, fb_buf_str(&text), &signature, err);
    }
    if (code == FB_OK) {
        fb_json_writer_init(&w, out, 2);
        fb_json_open_object(&w);
        fb_json_key_str(&w, "dossier", fb_buf_str(&text));
        fb_json_key_str(&w, "signature", fb_buf_str(&signature));
        fb_json_key_str(&w, "signer", source->signer);
        fb_json_key_c(&w, "namespace", FB_NAMESPACE_DOSSIER);
        fb_json_close_object(&w);
        fb_buf_add_char(out, '\n');
        code = fb_buf_check(out, "the liability file", err);
    }
    fb_buf_release(&signature);
    fb_buf_release(&text);
    return code;
}
