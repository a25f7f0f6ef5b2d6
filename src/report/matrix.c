#include "report/matrix.h"

#include <string.h>

#include "base/assert.h"
#include "base/json.h"
#include "report/html.h"
#include "report/sheet.h"

/* What a standing is to people, and how it feels. */
static const struct {
    const char *words;
    enum fb_tone tone;
} standings[] = {
    [FB_STANDING_MISSING] = {"missing", FB_TONE_BAD},
    [FB_STANDING_BEST] = {"best", FB_TONE_GOOD},
    [FB_STANDING_APART] = {"apart", FB_TONE_PLAIN},
    [FB_STANDING_WEAKER] = {"weaker", FB_TONE_WARN},
};

/* Where the name of a file begins in its path. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* The file of a document, without its folders unless another has the same name. */
static struct fb_str file_name(const struct fb_matrix *matrix, size_t document)
{
    const char *path = matrix->documents[document].name, *name = base_name(path);
    for (size_t i = 0; i < matrix->document_count; i++) {
        if (i != document && strcmp(base_name(matrix->documents[i].name), name) == 0) {
            return fb_str_of(path);
        }
    }
    return fb_str_of(name);
}

/* "deadline: 60 days, there 30 days; when: stricter there": how the other clause differs. What is
 * too long to be read in a table is named alone. */
static void add_against(const struct fb_matrix_cell *cell, struct fb_buf *out)
{
    enum { SHORT = 60 };
    const struct fb_clause_change *against = &cell->against;
    const char *comma = "";
    for (size_t i = 0; i < against->aspect_count; i++) {
        const struct fb_aspect *aspect = &against->aspects[i];
        if (aspect->change == FB_CHANGE_REWORDED) {
            continue;
        }
        fb_buf_addf(out, "%s%s", comma, aspect->name);
        if (aspect->before.len <= SHORT && aspect->after.len <= SHORT) {
            /* What is exempt is said in a sentence. */
            fb_buf_addf(out, "%s %.*s, there %.*s", cell->exempts ? ":" : "",
                FB_STR_ARG(aspect->before), FB_STR_ARG(aspect->after));
        } else {
            fb_buf_addf(out, " is %s there", fb_change_name(aspect->change));
        }
        comma = "; ";
    }
}

/* "stricter in b.fly: ..."; nothing for the best and for what is missing. */
static void add_other(
    const struct fb_matrix *matrix, const struct fb_matrix_cell *cell, struct fb_buf *out)
{
    if (cell->standing == FB_STANDING_WEAKER || cell->standing == FB_STANDING_APART) {
        struct fb_str other = file_name(matrix, cell->other);
        fb_buf_addf(out, "%s %.*s: ",
            cell->standing == FB_STANDING_WEAKER ? "stricter in" : "neither includes that of",
            FB_STR_ARG(other));
        add_against(cell, out);
    }
}

static void count_standings(
    const struct fb_matrix *matrix, size_t document, size_t out[FB_STANDING_WEAKER + 1])
{
    for (size_t r = 0; r < matrix->row_count; r++) {
        out[matrix->rows[r].cells[document].standing]++;
    }
}

static void put_row(
    struct fb_sheet *sheet, const struct fb_matrix *matrix, const struct fb_matrix_row *row)
{
    enum { INDENT = 2 + 8 + 2 + 24 + 2 };
    fb_buf_add_char(sheet->out, '\n');
    fb_sheet_heading(sheet, row->topic);
    for (size_t i = 0; i < matrix->document_count; i++) {
        const struct fb_matrix_cell *cell = &row->cells[i];
        struct fb_buf text;
        fb_buf_init(&text, FB_SHEET_LINE_MAX);
        fb_buf_add_c(sheet->out, "  ");
        fb_sheet_cell(
            sheet, fb_str_of(standings[cell->standing].words), 8, standings[cell->standing].tone);
        fb_sheet_cell(sheet, file_name(matrix, i), 24, FB_TONE_FAINT);
        size_t from = sheet->out->len;
        fb_buf_add_str(&text, cell->text);
        fb_sheet_cell(sheet, fb_buf_str(&text), 0, FB_TONE_PLAIN);
        fb_sheet_wrap(sheet, from, INDENT);
        fb_buf_clear(&text);
        add_other(matrix, cell, &text);
        if (text.len > 0) {
            fb_buf_addf(sheet->out, "\n%*s", INDENT, "");
            from = sheet->out->len;
            fb_sheet_cell(sheet, fb_buf_str(&text), 0, FB_TONE_FAINT);
            fb_sheet_wrap(sheet, from, INDENT);
        }
        fb_sheet_end_line(sheet);
        fb_sheet_line_release(sheet, &text);
    }
}

enum fb_code fb_report_matrix_text(const struct fb_matrix *matrix,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(matrix && options && out);
    static const char *const heads[] = {"Document", ">best", ">weaker", ">apart", ">missing"};
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_sheet_table table;
    fb_sheet_table_init(&table, heads, 5);
    for (size_t i = 0; i < matrix->document_count; i++) {
        size_t counts[FB_STANDING_WEAKER + 1] = {0};
        count_standings(matrix, i, counts);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(file_name(matrix, i)));
        fb_sheet_table_add(&table, FB_TONE_GOOD, "%zu", counts[FB_STANDING_BEST]);
        fb_sheet_table_add(&table, FB_TONE_WARN, "%zu", counts[FB_STANDING_WEAKER]);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%zu", counts[FB_STANDING_APART]);
        fb_sheet_table_add(&table, FB_TONE_BAD, "%zu", counts[FB_STANDING_MISSING]);
    }
    fb_sheet_table_end(&table, &sheet, 0);
    for (size_t r = 0; r < matrix->row_count; r++) {
        put_row(&sheet, matrix, &matrix->rows[r]);
    }
    return fb_sheet_check(&sheet, "the comparison", err);
}

static void json_cell(
    struct fb_json_writer *w, const struct fb_matrix *matrix, const struct fb_matrix_cell *cell)
{
    fb_json_open_object(w);
    fb_json_key_c(w, "standing", fb_standing_name(cell->standing));
    if (cell->standing != FB_STANDING_MISSING) {
        fb_json_key_str(w, "clause", fb_matrix_name(cell));
        if (fb_matrix_line(cell)) {
            fb_json_key_int(w, "line", fb_matrix_line(cell));
        }
        fb_json_key_str(w, "text", cell->text);
    }
    if (cell->standing == FB_STANDING_WEAKER || cell->standing == FB_STANDING_APART) {
        fb_json_key_c(w, "other", matrix->documents[cell->other].name);
        fb_json_key(w, "parts");
        fb_json_open_array(w);
        for (size_t i = 0; i < cell->against.aspect_count; i++) {
            const struct fb_aspect *aspect = &cell->against.aspects[i];
            fb_json_open_object(w);
            fb_json_key_c(w, "part", aspect->name);
            fb_json_key_c(w, "change", fb_change_name(aspect->change));
            fb_json_key_str(w, "here", aspect->before);
            fb_json_key_str(w, "there", aspect->after);
            fb_json_close_object(w);
        }
        fb_json_close_array(w);
    }
    fb_json_close_object(w);
}

enum fb_code fb_report_matrix_json(
    const struct fb_matrix *matrix, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(matrix && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key(&w, "documents");
    fb_json_open_array(&w);
    for (size_t i = 0; i < matrix->document_count; i++) {
        const struct fb_program *program = matrix->documents[i].parts.program;
        fb_json_open_object(&w);
        fb_json_key_c(&w, "file", matrix->documents[i].name);
        fb_json_key_str(&w, "policy", program->name);
        fb_json_key_int(&w, "version", program->version);
        fb_json_key_str(&w, "title", program->title);
        fb_json_key_str(&w, "source", program->source);
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_json_key(&w, "rows");
    fb_json_open_array(&w);
    for (size_t r = 0; r < matrix->row_count; r++) {
        fb_json_open_object(&w);
        fb_json_key_str(&w, "topic", matrix->rows[r].topic);
        fb_json_key(&w, "cells");
        fb_json_open_array(&w);
        for (size_t i = 0; i < matrix->document_count; i++) {
            json_cell(&w, matrix, &matrix->rows[r].cells[i]);
        }
        fb_json_close_array(&w);
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the comparison", err);
}

static void html_cell(
    const struct fb_matrix *matrix, const struct fb_matrix_cell *cell, struct fb_buf *out)
{
    fb_buf_add_c(out, "<td>");
    fb_html_chip(out, standings[cell->standing].tone, standings[cell->standing].words);
    if (cell->standing != FB_STANDING_MISSING) {
        fb_buf_add_c(out, "<br>");
        fb_html_text(out, cell->text);
        if (fb_matrix_line(cell)) {
            fb_buf_addf(out, " <span class=\"faint\">(line %u)</span>", fb_matrix_line(cell));
        }
    }
    if (cell->standing == FB_STANDING_WEAKER || cell->standing == FB_STANDING_APART) {
        struct fb_buf against;
        fb_buf_init(&against, FB_SHEET_LINE_MAX);
        add_other(matrix, cell, &against);
        fb_buf_add_c(out, "<br><span class=\"faint\">");
        fb_html_text(out, fb_buf_str(&against));
        fb_buf_add_c(out, "</span>");
        fb_buf_release(&against);
    }
    fb_buf_add_c(out, "</td>\n");
}

enum fb_code fb_report_matrix_html(
    const struct fb_matrix *matrix, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(matrix && out);
    fb_html_begin(out, "", false);
    fb_buf_add_c(out, "Policies side by side</title>\n<style>\n");
    fb_html_style(out);
    fb_buf_add_c(out,
        "td{vertical-align:top;min-width:11em}tbody "
        "th{min-width:9em}"
        "main{max-width:none}h1{padding-top:40px}.faint{opacity:.75;font-size:90%}\n</style>\n</"
        "head>\n<body>\n<main>\n<h1>Policies side by "
        "side</h1>\n<p>Best: shown to be at least as strict as every other. Apart: neither is "
        "shown "
        "to include the other. Weaker: another asks for more.</p>\n<div "
        "class=\"scroll\"><table>\n<thead><tr><th>Topic</th>\n");
    for (size_t i = 0; i < matrix->document_count; i++) {
        const struct fb_program *program = matrix->documents[i].parts.program;
        fb_buf_add_c(out, "<th>");
        fb_html_text(out, program->title);
        fb_buf_add_c(out, "<br><span class=\"faint\">");
        fb_html_text(out, file_name(matrix, i));
        fb_buf_addf(out, ", version %lld</span></th>\n", (long long)program->version);
    }
    fb_buf_add_c(out, "</tr></thead>\n<tbody>\n");
    for (size_t r = 0; r < matrix->row_count; r++) {
        fb_buf_add_c(out, "<tr><th scope=\"row\">");
        fb_html_words(out, matrix->rows[r].topic, FB_HTML_TEXT_MAX);
        fb_buf_add_c(out, "</th>\n");
        for (size_t i = 0; i < matrix->document_count; i++) {
            html_cell(matrix, &matrix->rows[r].cells[i], out);
        }
        fb_buf_add_c(out, "</tr>\n");
    }
    fb_buf_add_c(out, "</tbody>\n</table></div>\n</main>\n</body>\n</html>\n");
    return fb_buf_check(out, "the page", err);
}
