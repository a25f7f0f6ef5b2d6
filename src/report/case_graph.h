/* case_graph.h: a safety case for the drawing programs of others. */
#ifndef FB_REPORT_CASE_GRAPH_H
#define FB_REPORT_CASE_GRAPH_H

#include "base/buf.h"
#include "case/case.h"

/** Appends the case as a graph of Graphviz: shapes of GSN, colours of labels. E_NOMEM or E_LIMIT.
 */
FB_CHECKED enum fb_code fb_report_case_dot(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err);

/** Appends the case as a flowchart of Mermaid. E_NOMEM or E_LIMIT. */
FB_CHECKED enum fb_code fb_report_case_mermaid(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err);

#endif
