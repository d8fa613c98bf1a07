// SPDX-License-Identifier: Apache-2.0

/// What all pages share.
enum Layout {
    static func page(_ body: String) -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{title}} · Postern</title><style>\(style)</style></head>
        <body><header><a href="/">Postern</a><span>capture inbox</span></header><main>\(body)</main></body></html>
        """
    }

    private static let style = """
        :root{color-scheme:light dark;--line:#8884;--dim:#667069;--accent:#2a6f4e;--card:#fff;--ground:#f4f5f3}
        @media(prefers-color-scheme:dark){:root{--dim:#9aa59f;--accent:#7fd3a8;--card:#1d211f;--ground:#141716}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--ground);font:15px/1.5 system-ui,sans-serif}
        header{display:flex;gap:.75rem;align-items:baseline;padding:.9rem 1.25rem;
        border-bottom:1px solid var(--line);background:var(--card)}
        header a{font-weight:700;color:var(--accent);text-decoration:none;font-size:1.15rem}header span,.dim{color:var(--dim)}
        main{max-width:64rem;margin:1.25rem auto;padding:0 1rem}
        .card{background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:hidden;margin-bottom:1rem}
        .pad{padding:1rem 1.25rem}h1{font-size:1.25rem;margin:.1rem 0 .6rem;overflow-wrap:anywhere}
        a.row{display:grid;grid-template-columns:1.2fr 2fr auto;gap:.2rem 1rem;padding:.7rem 1.25rem;
        border-top:1px solid var(--line);color:inherit;text-decoration:none}
        a.row:first-child{border-top:0}a.row:hover,a.row:focus{background:#7fd3a822}
        .row b,.row span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.row .to{grid-column:1/3}
        form input{width:100%;padding:.6rem .8rem;
        border:1px solid var(--line);border-radius:8px;font:inherit;background:var(--card);color:inherit}
        form{margin-bottom:1rem}pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,monospace}
        .code{background:var(--ground);border-radius:8px;padding:.8rem;margin:.6rem 0}
        table{border-collapse:collapse;width:100%}
        td{padding:.25rem .6rem .25rem 0;vertical-align:top;overflow-wrap:anywhere}
        td:first-child{color:var(--dim);white-space:nowrap}
        .tabs input{position:absolute;opacity:0}.tabs label{display:inline-block;padding:.6rem 1rem;cursor:pointer;border-bottom:3px solid transparent}
        .tabs input:focus-visible+label{outline:2px solid var(--accent)}.tabs section{display:none;border-top:1px solid var(--line)}
        .tabs input:checked+label{border-color:var(--accent);color:var(--accent);font-weight:600}
        #t1:checked~#s1,#t2:checked~#s2,#t3:checked~#s3,#t4:checked~#s4,#t5:checked~#s5,#t6:checked~#s6{display:block}
        iframe{width:100%;height:60vh;border:0;background:#fff;display:block}
        @media(max-width:40rem){a.row{grid-template-columns:1fr auto}.row .subject{grid-column:1/3;grid-row:2}.tabs label{padding:.6rem .55rem}}
        """
}

/// The list of captured mail.
enum ListPage {
    static let body = """
        <form method="get"><input type="search" name="search" value="{{search}}" placeholder="Search addresses and subjects" aria-label="Search"></form>
        <div class="card">{{#rows}}<a class="row" href="/messages/{{id}}"><b>{{from}}</b><span class="subject">{{subject}}</span>\
        <span class="dim">{{time}}</span><span class="to dim">to {{to}}</span><span class="dim">{{size}}</span></a>{{/rows}}\
        {{#isEmpty}}<div class="pad"><h1>Nothing here yet</h1><p>Mail that is sent while the route is <code>capture</code> lands here.</p>\
        <p>Send the first message:</p>\
        {{#steps}}<pre class="code">{{.}}</pre>{{/steps}}</div>{{/isEmpty}}</div>
        """
}

/// One captured message.
enum MessagePage {
    static let body = """
        <div class="card"><div class="pad"><h1>{{title}}</h1><table>
        <tr><td>From</td><td>{{from}}</td></tr><tr><td>To</td><td>{{to}}</td></tr><tr><td>Return path</td><td>{{reversePath}}</td></tr>
        <tr><td>Captured</td><td>{{time}} UTC</td></tr><tr><td>Message id</td><td>{{messageID}}</td></tr></table></div>
        <div class="tabs">\
        {{#hasHTML}}<input type="radio" name="tab" id="t1" checked><label for="t1">HTML</label>{{/hasHTML}}\
        {{#hasText}}<input type="radio" name="tab" id="t2"{{^hasHTML}} checked{{/hasHTML}}><label for="t2">Text</label>{{/hasText}}\
        <input type="radio" name="tab" id="t3"><label for="t3">Headers</label>\
        <input type="radio" name="tab" id="t4"><label for="t4">Source</label>\
        {{#hasAttachments}}<input type="radio" name="tab" id="t5"><label for="t5">Attachments ({{attachmentCount}})</label>{{/hasAttachments}}\
        <input type="radio" name="tab" id="t6"><label for="t6">Authentication</label>\
        {{#hasHTML}}<section id="s1"><iframe sandbox title="HTML body" src="/messages/{{id}}/html"></iframe></section>{{/hasHTML}}\
        {{#hasText}}<section id="s2" class="pad"><pre>{{text}}</pre></section>{{/hasText}}\
        <section id="s3" class="pad"><table>{{#headers}}<tr><td>{{name}}</td><td>{{value}}</td></tr>{{/headers}}</table></section>\
        <section id="s4" class="pad"><p><a href="/messages/{{id}}/source">Whole source</a></p><pre>{{source}}</pre></section>\
        {{#hasAttachments}}<section id="s5" class="pad"><table>\
        {{#attachments}}<tr><td><a href="{{href}}">{{name}}</a></td><td>{{type}}, {{size}}</td></tr>{{/attachments}}</table></section>{{/hasAttachments}}\
        <section id="s6" class="pad">{{#verdicts}}<p>{{.}}</p>{{/verdicts}}{{#isUnsigned}}<p>The message is not signed.</p>{{/isUnsigned}}</section>\
        </div></div>
        """
}
