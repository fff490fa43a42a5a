"""A site of many kinds of links, broken and good, with the right answer to each.

    kinds.py            serves the site on 127.0.0.1 and prints its URL, until standard input ends
    kinds.py --list     prints the kinds: name, members, title, source of the answer
    kinds.py --check    status 0 if linkcheck (from PATH) is right about all that it should be

KINDS below is the table. A kind has a folder /NAME/bad/ whose page has a broken link, or a folder
/NAME/good/ whose links all work, or both. The two are alike where that is possible: what a mistake
takes for good is in `bad`, what it takes for broken is in `good`.

A finding belongs to the folder of the page that has the link, or else to that of its target. So a
checker is right about a kind if it reports a link of `bad`, and none of `good`.

The answers are those of the standards: URL, HTML, Fetch (WHATWG), CSS, RFC 9110 (HTTP) and 9309
(robots.txt). A link is broken if a reader who follows it, or a page that uses it, gets an error, or
lands on a page without the part that it names. Scripts are off.
"""

import dataclasses
import gzip
import http.server
import pathlib
import re
import socket
import subprocess
import sys
import threading
import urllib.parse

HERE = '<p id="part">words</p>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" id="part"><a/></svg>'


@dataclasses.dataclass
class Answer:
    """What the server sends. `fields` are pairs of a name and a value."""

    status: int = 200
    body: str | bytes = ""
    type: str | None = "text/html; charset=utf-8"
    fields: tuple = ()


@dataclasses.dataclass
class Kind:
    name: str
    title: str
    source: str  # of the right answer
    bad: dict | None = None  # path below the folder: HTML, or Answer, or function of the request
    good: dict | None = None
    pages: tuple = ()  # the pages of `bad` whose link must be reported; if none, any of them
    words: tuple = ("gone",)  # one of them is in the URL that must be reported
    walks: bool = False  # asks whether a page is found and read: not for who is given all pages
    known: str = ""  # why linkcheck is wrong here

    def members(self):
        """The name and the files of each member that the kind has."""
        members = [("bad", self.bad), ("good", self.good)]
        return [(member, files) for member, files in members if files]


def moved(to, status=302, *fields):
    return Answer(status, "", fields=(("Location", to), *fields))


def page(body="", /, type="text/html; charset=utf-8", status=200, **fields):
    fields = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    return Answer(status, body, type, fields)


def by_query(*queries):
    """A page that is there with one of these queries only."""
    queries = [urllib.parse.unquote_to_bytes(query) for query in queries]
    return lambda request: (
        page(HERE) if urllib.parse.unquote_to_bytes(request.query) in queries else Answer(404)
    )


def by_method(method, status, others=200):
    """This status for one method."""
    return lambda request: Answer(status if request.command == method else others, HERE)


def once(status):
    """This status at first; a second later the page is there."""
    return lambda request: (
        page(HERE) if request.is_repeated() else Answer(status, fields=(("Retry-After", "1"),))
    )


def has_cookie(request):
    return "seen=1" in request.headers.get("Cookie", "")


def cookie_wall(request):
    """A redirect to the same URL, until the client sends the cookie back."""
    if has_cookie(request):
        return page(HERE)
    return moved(request.path, 302, ("Set-Cookie", "seen=1; Path=/"))


def packed(request):
    body = '<a href="gone.html">x</a>'
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return page(body)
    return page(gzip.compress(body.encode()), Content_Encoding="gzip")


def link(url):
    return f'<a href="{url}">x</a>'


def pair(name, title, source, form, gone="gone.html", here="here.html", file=HERE, **options):
    """A kind whose good twin differs from the bad member just in the target: %s in `form`."""
    return Kind(name, title, source, {"": form % gone}, {"": form % here, here: file}, **options)


PNG = Answer(200, b"\x89PNG\r\n\x1a\n", "image/png")
CSS = "text/css"
XHTML = '<html xmlns="http://www.w3.org/1999/xhtml"><body><a href="%s">x</a></body></html>'

# In URLs {at} is the member's folder, {host} the site, {other} another site on this machine, {dead} a
# port that refuses connections.
KINDS = [
    # URLs
    Kind("relative", "relative link", "URL", {"": link("gone.html")},
         {"": link("here.html") + link("./../good/here.html"), "here.html": HERE}),
    pair("root", "link from the root, `/x`", "URL", link("{at}%s")),
    pair("protocol", "link without a scheme, `//host/x`", "URL", link("//{host}{at}%s")),
    pair("slashes", "`///host/x`, which is `//host/x`", "URL", link("///{host}{at}%s")),
    pair("scheme", "scheme without slashes, `http:x`, which is relative", "URL", link("http:%s"),
         "127.0.0.1/gone.html", "127.0.0.1/here.html"),
    pair("upper", "scheme in upper case", "URL", link("HTTP://{host}{at}%s")),
    Kind("backslash", "`\\` in a path, which is `/`", "URL",
         {"": link("sub\\here.html"), "here.html": HERE},
         {"": link("sub\\here.html"), "sub/here.html": HERE}, words=("sub/here", "sub\\here")),
    Kind("dots", "`.` and `..` in a path, also as `%2e`", "URL",
         {"": link("sub/%2e%2E/x.html"), "sub/x.html": HERE},
         {"": link("sub/%2e%2E/x.html") + link("./sub/.././x.html"), "x.html": HERE}, words=("x.html",)),
    Kind("port", "a port above 65535", "URL", {"": link("http://127.0.0.1:99999/")}, words=("99999",)),
    Kind("entities", "character references in a URL", "HTML",
         {"": link("g&#111;ne.html"), "g&": HERE, "g": HERE},
         {"": link("q?a=1&amp;b=2") + link("q?a&copy=2") + link("h&#101;re.html"),
          "q": by_query("a=1&b=2", "a&copy=2"), "here.html": HERE}),
    Kind("percent", "percent-encoded path", "URL, RFC 3986",
         {"": link("caf%25C3%25A9.html"), "café.html": HERE},
         {"": link("caf%C3%A9.html") + link("café.html") + link("h%65re.html"),
          "café.html": HERE, "here.html": HERE}, words=("caf",)),
    Kind("blanks", "blanks, tabs and newlines in a URL", "URL",
         {"": link(" he\tre\n.html "), "he\tre\n.html": HERE, "he": HERE},
         {"": link(" he\tre\n.html\n") + link("my page.html"),
          "here.html": HERE, "my page.html": HERE}, words=("here",)),
    Kind("query", "a page that is there with one query only", "URL",
         {"": link("q?gone=1"), "q": by_query("", "here=1")},
         {"": link("q?here=1"), "q": by_query("here=1")}),
    Kind("encoding", "query on a page in windows-1251", "URL, HTML",
         {"": page('<a href="q?q=привет">x</a>'.encode("cp1251"), "text/html; charset=windows-1251"),
          "q": by_query("q=%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82")},
         {"": page('<a href="q?q=привет">x</a>'.encode("cp1251"), "text/html; charset=windows-1251"),
          "q": by_query("q=%EF%F0%E8%E2%E5%F2")}, words=("q?q=",)),
    Kind("latin", "path on a page in ISO-8859-1: UTF-8 all the same", "URL",
         {"": page('<a href="é.html">x</a>'.encode("latin-1"), "text/html; charset=iso-8859-1")},
         {"": page('<a href="é.html">x</a>'.encode("latin-1"), "text/html; charset=iso-8859-1"), "é.html": HERE},
         words=("é.html",)),
    Kind("at", "relative link with an `@`", "URL", {"": link("list@example.html")},
         {"": link("me@here.html"), "me@here.html": HERE}, words=("list@",)),
    Kind("schemes", "`mailto:`, `tel:`, `javascript:`, `data:`", "URL", None,
         {"": link("mailto:a@example.org?subject=x") + link("tel:+49-30-1") + link("javascript:void(0)")
          + link("data:text/plain,x")}),
    Kind("data", "a picture of 100 KB as a `data:` URL", "URL", None,
         {"": '<img src="data:image/png;base64,' + "iVBORw0KGgo" + "A" * 100_000 + '">'}),
    # The base URL
    Kind("base", "`<base href>`", "HTML",
         {"": '<base href="sub/">' + link("x.html"), "x.html": HERE},
         {"": '<base href="sub/">' + link("x.html"), "sub/x.html": HERE}, words=("x.html",)),
    Kind("bases", "two `<base>`: the first one counts", "HTML",
         {"": '<base href="one/"><base href="two/">' + link("x.html"), "two/x.html": HERE},
         {"": '<base href="one/"><base href="two/">' + link("x.html"), "one/x.html": HERE}, words=("x.html",)),
    Kind("late-base", "link that stands before `<base>`", "HTML, browsers",
         {"": link("x.html") + '<base href="sub/">', "x.html": HERE},
         {"": link("x.html") + '<base href="sub/">', "sub/x.html": HERE},
         known="it resolves a link when it reads it", words=("x.html",)),
    Kind("folder", "`dir`, redirected to `dir/`, where links start", "RFC 9110",
         {"": link("dir"), "dir": moved("{at}dir/", 301), "dir/": link("x.html"), "x.html": HERE},
         {"": link("dir"), "dir": moved("{at}dir/", 301), "dir/": link("x.html"), "dir/x.html": HERE},
         pages=("dir/",), walks=True, words=("x.html",)),
    # HTML
    Kind("quotes", "attributes without quotes, in upper case", "HTML",
         {"": "<A HREF=gone.html CLASS=x>x</A>"},
         {"": "<A CLASS=x HREF=here.html>x</A><a href = 'here.html'>x</a>", "here.html": HERE}),
    Kind("twice", "an attribute given twice: the first counts", "HTML",
         {"": '<a href="gone.html" href="here.html">x</a>', "here.html": HERE},
         {"": '<a href="here.html" href="gone.html">x</a>', "here.html": HERE}),
    Kind("empty", "`href=\"\"`, which is the page itself", "HTML", None, {"": link("")}),
    Kind("comment", "link in a comment", "HTML", None, {"": f"<!-- {link('gone.html')} -->"}),
    Kind("script", "link in a script", "HTML", None,
         {"": f"<script>var x = '{link('gone.html')}'</script>"}),
    Kind("textarea", "link in `<textarea>`", "HTML", None,
         {"": f"<textarea>{link('gone.html')}</textarea>"}),
    Kind("title", "link in `<title>`", "HTML", None, {"": f"<title>{link('gone.html')}</title>"}),
    Kind("template", "link in `<template>`", "HTML", None,
         {"": f"<template>{link('gone.html')}</template>"}),
    pair("shadow", "link in a declarative shadow root", "HTML",
         '<div><template shadowrootmode="open"><a href="%s">x</a></template></div>'),
    pair("noscript", "link in `<noscript>`", "HTML", "<noscript>" + link("%s") + "</noscript>"),
    Kind("elements", "`href` and `src` where they mean nothing", "HTML", None,
         {"": '<div href="gone.html">x</div><p src="gone.png">x</p><a name="x" src="gone.html">x</a>'}),
    pair("area", "`<area href>`", "HTML", '<map><area href="%s"></map>'),
    pair("iframe", "`<iframe src>`", "HTML", '<iframe src="%s"></iframe>'),
    Kind("framed", "link on a page in an `<iframe>`", "HTML",
         {"": '<iframe src="in.html"></iframe>', "in.html": link("gone.html")}, pages=("in.html",), walks=True),
    Kind("srcdoc", "link in `<iframe srcdoc>`", "HTML",
         {"": '<iframe srcdoc="&lt;a href=&quot;gone.html&quot;>x&lt;/a>"></iframe>'},
         {"": '<iframe srcdoc="&lt;a href=&quot;here.html&quot;>x&lt;/a>"></iframe>', "here.html": HERE},
         known="it does not read srcdoc"),
    pair("img", "`<img src>`", "HTML", '<img src="%s">', "gone.png", "here.png", PNG),
    Kind("srcset", "`srcset`", "HTML",
         {"": '<img srcset="here.png 1x, gone.png 2x">', "here.png": PNG},
         {"": '<img srcset="data:image/png,x 1x,a,b.png 2x, here.png">', "here.png": PNG, "a,b.png": PNG}),
    pair("imagesrcset", "`<link imagesrcset>`", "HTML",
         '<link rel="preload" as="image" imagesrcset="%s 2x">', "gone.png", "here.png", PNG),
    pair("source", "`<source src>` in `<video>`", "HTML", '<video><source src="%s"></video>',
         "gone.png", "here.png", PNG),
    pair("poster", "`<video poster>`", "HTML", '<video poster="%s"></video>', "gone.png", "here.png", PNG),
    pair("track", "`<track src>`", "HTML", '<video><track src="%s"></video>', "gone.vtt", "here.vtt",
         Answer(200, "WEBVTT\n", "text/vtt")),
    pair("object", "`<object data>`", "HTML", '<object data="%s"></object>', "gone.png", "here.png", PNG),
    pair("embed", "`<embed src>`", "HTML", '<embed src="%s">', "gone.png", "here.png", PNG),
    pair("input", "`<input type=image src>`", "HTML", '<input type="image" src="%s">', "gone.png", "here.png", PNG),
    pair("background", "`<body background>`", "HTML", '<body background="%s">', "gone.png", "here.png", PNG),
    pair("js", "`<script src>`", "HTML", '<script src="%s"></script>', "gone.js", "here.js",
         Answer(200, "1", "text/javascript")),
    pair("icon", "`<link rel=icon>`", "HTML", '<link rel="icon" href="%s">', "gone.png", "here.png", PNG),
    pair("canonical", "`<link rel=canonical>`", "HTML", '<link rel="canonical" href="%s">'),
    Kind("preconnect", "`<link rel=preconnect>` to a host without a home page", "HTML", None,
         {"": '<link rel="preconnect" href="http://{other}"><link rel="dns-prefetch" href="//{other}">'}),
    pair("svg", "`<image href>` in SVG", "SVG", '<svg><image href="%s"/></svg>', "gone.png", "here.png", PNG),
    pair("xlink", "`<a xlink:href>` in SVG", "SVG", '<svg><a xlink:href="%s"><text>x</text></a></svg>'),
    pair("use", "`<use href>` in SVG", "SVG", '<svg><use href="%s#part"/></svg>', "gone.svg", "here.svg",
         Answer(200, SVG, "image/svg+xml")),
    # CSS
    Kind("sheet", "`<link rel=stylesheet>`", "HTML", {"": '<link rel="stylesheet" href="gone.css">'},
         {"": '<link rel="stylesheet" href="here.css">', "here.css": page("", CSS)}),
    Kind("style", "`url()` in `<style>`", "CSS", {"": "<style>p { background: url(gone.png) }</style>"},
         {"": '<style>/* url(gone.png) */ p { background: url( "here.png" ); clip-path: url(#x) }</style>'
          '<svg><clipPath id="x"/></svg>',
          "here.png": PNG}),
    Kind("escape", "escapes in `url()`", "CSS", {"": "<style>p { background: url(g\\6f ne.png) }</style>"},
         {"": "<style>p { background: url(h\\65 re.png) }</style>", "here.png": PNG}),
    pair("image-set", "`image-set()`", "CSS", '<style>p { background: image-set("%s" 1x) }</style>',
         "gone.png", "here.png", PNG),
    Kind("attribute", "`url()` in a `style` attribute", "CSS",
         {"": '<p style="background: url(gone.png)">x</p>'},
         {"": "<p style=\"background: url('here.png')\">x</p>", "here.png": PNG}),
    Kind("import", "`@import` in `<style>`", "CSS", {"": '<style>@import "gone.css";</style>'},
         {"": '<style>@import "here.css";</style>', "here.css": page("", CSS)}),
    Kind("linked", "`url()` in a linked sheet: relative to the sheet", "CSS",
         {"": '<link rel="stylesheet" href="css/a.css">', "css/a.css": page("p { background: url(x.png) }", CSS),
          "x.png": PNG},
         {"": '<link rel="stylesheet" href="css/a.css">', "css/a.css": page("p { background: url(x.png) }", CSS),
          "css/x.png": PNG}, words=("x.png",)),
    Kind("imports", "`@import` in a linked sheet", "CSS",
         {"": '<link rel="stylesheet" href="a.css">', "a.css": page('@import url("gone.css");', CSS)},
         {"": '<link rel="stylesheet" href="a.css">', "a.css": page('@import "b.css";', CSS), "b.css": page("", CSS)}),
    # Forms
    pair("form", "form that is sent by GET", "HTML", '<form action="%s"><button>x</button></form>'),
    Kind("post", "form that is sent by POST, where GET gives 404 or 405", "HTML, RFC 9110", None,
         {"": '<form method="post" action="a"></form><form method="post" action="b"></form>',
          "a": by_method("POST", 200, 405), "b": by_method("POST", 200, 404)}),
    pair("button", "`<button formaction>`", "HTML", '<form><button formaction="%s">x</button></form>'),
    # Fragments
    Kind("fragment", "fragment on another page", "HTML", {"": link("here.html#gone"), "here.html": HERE},
         {"": link("here.html#part"), "here.html": HERE}),
    Kind("own", "fragment on the page itself, id after the link", "HTML", {"": link("#gone") + HERE},
         {"": link("#part") + HERE}),
    Kind("top", "`#top` and `#`", "HTML", {"": link("#topp")}, {"": link("#top") + link("#") + link("#TOP")}, words=("#topp",)),
    Kind("name", "`name` of `<a>` is a target, of others not", "HTML",
         {"": link("#x") + '<p name="x">x</p>'}, {"": link("#x") + '<a name="x">x</a>'}, words=("#x",)),
    Kind("case", "ids differ in case", "HTML", {"": link("#Part") + HERE}, {"": link("#Part") + '<p id="Part">x</p>'}, words=("#Part",)),
    Kind("ids", "percent-encoded ids", "HTML",
         {"": link("#%FC") + '<p id="ü">x</p>'},
         {"": link("#%C3%BC") + link("#ü") + link("#a%20b") + link("#100%25")
          + '<p id="ü">x</p><p id="a b">x</p><p id="100%25">x</p>'}, words=("#\xfc", "#%FC")),
    Kind("hidden", "id in a comment or a script only", "HTML",
         {"": link("#x") + '<!-- <p id="x"> --><script>var y = \'<p id="x">\'</script>'}, words=("#x",)),
    Kind("inert", "id in a `<template>` only", "HTML", {"": link("#x") + '<template><p id="x">x</p></template>'},
         words=("#x",)),
    Kind("text", "text fragment, `#:~:text=`", "Text fragments",
         {"": link("gone.html#:~:text=words")},
         {"": link("here.html#:~:text=words") + link("here.html#part:~:text=words"), "here.html": HERE}),
    Kind("other-type", "fragment of what is not HTML", "RFC 8118, RFC 5147", None,
         {"": link("a.pdf#page=3") + link("a.txt#line=3"), "a.pdf": page("%PDF-1.4", "application/pdf"),
          "a.txt": page("x", "text/plain")}),
    # Redirects
    Kind("redirect", "redirect", "RFC 9110", {"": link("r"), "r": moved("{at}gone.html")},
         {"": link("r") + link("s"), "r": moved("{at}here.html", 308), "s": moved("here.html", 303), "here.html": HERE}, words=("/r", "gone")),
    Kind("chain", "five redirects in a row", "Fetch",
         {"": link("r1"), **{f"r{i}": moved("{at}r%d" % (i + 1)) for i in range(1, 5)}, "r5": moved("{at}gone.html")},
         {"": link("r1"), **{f"r{i}": moved("{at}r%d" % (i + 1)) for i in range(1, 5)}, "r5": moved("{at}here.html"),
          "here.html": HERE}, words=("/r1", "gone")),
    Kind("loop", "redirect loop", "Fetch", {"": link("r1"), "r1": moved("{at}r2"), "r2": moved("{at}r1")}, words=("/r",)),
    Kind("cookie", "redirect to itself that sets a cookie", "Fetch, RFC 6265",
         {"": link("wall"), "wall": moved("{at}wall", 302, ("Set-Cookie", "seen=1; Path=/"))},
         {"": link("wall"), "wall": cookie_wall}, words=("wall",)),
    Kind("wall", "redirect to another URL that sets a cookie, and back", "Fetch, RFC 6265",
         {"": link("a"), "a": moved("{at}set"), "set": moved("{at}a", 302, ("Set-Cookie", "seen=1; Path=/"))},
         {"": link("a"), "a": lambda request: page(HERE) if has_cookie(request) else moved("{at}set"),
          "set": moved("{at}a", 302, ("Set-Cookie", "seen=1; Path=/"))},
         known="it keeps cookies only for a URL that redirects to itself", words=("/a", "/set")),
    Kind("inherited", "fragment of a link that is redirected", "RFC 9110",
         {"": link("r#gone"), "r": moved("{at}here.html"), "here.html": HERE},
         {"": link("r#part"), "r": moved("{at}here.html"), "here.html": HERE}),
    Kind("location", "fragment in `Location`, which goes before that of the link", "RFC 9110",
         {"": link("r#part"), "r": moved("{at}here.html#gone"), "here.html": HERE},
         {"": link("r#gone"), "r": moved("{at}here.html#part"), "here.html": HERE}, words=("/r#part", "gone")),
    Kind("refresh", "`<meta http-equiv=refresh>` to a missing page", "HTML",
         {"": '<meta http-equiv="refresh" content="0; url=gone.html">'},
         {"": "<meta http-equiv=Refresh content=\"0;URL='here.html'\">", "here.html": HERE}),
    Kind("stub", "link on a page behind `<meta http-equiv=refresh>`", "HTML",
         {"": '<meta http-equiv="refresh" content="0; url=in.html">', "in.html": link("gone.html")}, pages=("in.html",), walks=True),
    Kind("field", "the field `Refresh` to a missing page", "HTML", {"": page("x", Refresh="0; url=gone.html")},
         {"": page("x", Refresh="0; url=here.html"), "here.html": HERE}),
    # Answers
    Kind("errors", "404, 410 and 500", "RFC 9110",
         {"": link("a.html") + link("b.html"), "a.html": link("410.html"), "b.html": link("500.html"),
          "410.html": Answer(410), "500.html": Answer(500)}, pages=("a.html", "b.html"), words=("410", "500")),
    Kind("head", "HEAD gives 405 or 404, GET the page", "RFC 9110", None,
         {"": link("a") + link("b"), "a": by_method("HEAD", 405), "b": by_method("HEAD", 404)}),
    Kind("405", "GET gives 405", "RFC 9110", {"": link("a"), "a": Answer(405)}, words=("/a",)),
    Kind("503", "503 with `Retry-After`, once or always", "RFC 9110",
         {"": link("a"), "a": Answer(503, fields=(("Retry-After", "1"),))}, {"": link("a"), "a": once(503)}, words=("/a",)),
    Kind("429", "429 with `Retry-After`, once", "RFC 6585", None, {"": link("a"), "a": once(429)}),
    Kind("204", "204 and 206", "Fetch", None,
         {"": link("a") + link("b"), "a": Answer(204), "b": page(HERE, status=206, Content_Range="bytes 0-21/22")}),
    Kind("dead", "a port that refuses connections", "Fetch", {"": link("http://{dead}/")}, words=("{dead}",)),
    Kind("elsewhere", "link to another host", "Fetch", {"": link("http://{other}{at}gone.html")},
         {"": link("http://{other}{at}here.html"), "here.html": HERE}),
    Kind("far", "fragment on a page of another host", "HTML",
         {"": link("http://{other}{at}here.html#gone"), "here.html": HERE},
         {"": link("http://{other}{at}here.html#part"), "here.html": HERE},
         known="it does not read pages of other hosts"),
    Kind("parents", "one missing page, two links to it on two pages", "—",
         {"": link("a.html") + link("b.html"), "a.html": link("gone.html"), "b.html": link("gone.html")},
         pages=("a.html", "b.html")),
    # Which pages are read
    Kind("types", "`Content-Type: text/html, text/html`", "Fetch",
         {"": link("in.html"), "in.html": page(link("gone.html"), "text/html, text/html")}, pages=("in.html",), walks=True),
    Kind("untyped", "page without a content type", "MIME Sniffing",
         {"": link("in.html"), "in.html": page("<!doctype html>" + link("gone.html"), None)}, pages=("in.html",), walks=True),
    Kind("xhtml", "page of type `application/xhtml+xml`", "HTML",
         {"": link("in.xhtml"), "in.xhtml": page(XHTML % "gone.html", "application/xhtml+xml")}, pages=("in.xhtml",), walks=True),
    Kind("svg-page", "page of type `image/svg+xml`", "SVG",
         {"": link("in.svg"),
          "in.svg": page(SVG.replace("<a/>", '<a href="gone.html"><text>x</text></a>'), "image/svg+xml")},
         pages=("in.svg",), walks=True, known="it reads HTML and CSS only"),
    Kind("text-plain", "page of type `text/plain`, which is not HTML", "HTML", None,
         {"": link("in.txt"), "in.txt": page("<!doctype html>" + link("gone.html"), "text/plain")}, walks=True),
    Kind("utf-16", "page in UTF-16", "HTML",
         {"": link("in.html"), "in.html": page(link("gone.html").encode("utf-16-le"), "text/html; charset=utf-16le")},
         pages=("in.html",), walks=True),
    Kind("gzip", "page with `Content-Encoding: gzip`", "RFC 9110", {"": link("in.html"), "in.html": packed}, pages=("in.html",), walks=True),
    Kind("robots", "link on a page that robots.txt disallows, robots.txt ignored", "RFC 9309",
         {"": link("private.html"), "private.html": link("gone.html")}, pages=("private.html",), walks=True),
]  # fmt: skip


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def is_repeated(self):
        """Whether this URL was asked for before."""
        key = (self.server.server_port, self.path)
        with SITE.lock:
            SITE.asked[key] = SITE.asked.get(key, 0) + 1
            return SITE.asked[key] > 1

    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        path, _, self.query = self.path.partition("?")
        path = urllib.parse.unquote(path)
        answer = SITE.files.get(path, Answer(404, "not found"))
        if self.server.server_port != SITE.port and path == "/":
            answer = Answer(404)
        answer = answer(self) if callable(answer) else answer
        body = answer.body if isinstance(answer.body, bytes) else SITE.filled(answer.body, path)
        self.send_response(answer.status)
        if answer.type is not None:
            self.send_header("Content-Type", answer.type)
        for name, value in answer.fields:
            self.send_header(name, SITE.filled(value, path).decode())
        # linkchecker sends 10 requests a second to a host without this.
        self.send_header("LinkChecker", "welcome")
        if answer.status == 204:
            body = b""
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_GET

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        """A client that leaves is not an error here."""


class Site:
    """The files of all kinds, by path, and two servers for them."""

    def __init__(self):
        self.lock, self.asked, self.files = threading.Lock(), {}, {}
        index = ""
        for kind in KINDS:
            for member, files in kind.members():
                folder = f"/{kind.name}/{member}/"
                index += link(folder) + "\n"
                for path, file in files.items():
                    self.files[folder + path] = page(file) if isinstance(file, str) else file
        self.files["/"] = page(index)
        self.files["/favicon.ico"] = PNG
        self.files["/robots.txt"] = page("User-agent: *\nDisallow: /robots/bad/private.html\n", "text/plain")  # fmt: skip

    def serve(self):
        """Starts the servers; where the site is."""
        servers = [Server(("127.0.0.1", 0), Handler) for _ in range(2)]
        # A port that is taken, and at which no server listens.
        self.closed = socket.socket()
        self.closed.bind(("127.0.0.1", 0))
        self.port = servers[0].server_port
        ports = [server.server_port for server in servers] + [self.closed.getsockname()[1]]
        self.host, self.other, self.dead = (f"127.0.0.1:{port}" for port in ports)
        for server in servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://{self.host}/"

    def filled(self, text, path):
        """A body or a field of the file at this path."""
        at = "/".join(path.split("/")[:3]) + "/"
        for name, value in ("at", at), ("host", self.host), ("other", self.other), ("dead", self.dead):  # fmt: skip
            text = text.replace("{" + name + "}", value)
        return text.encode()

    def pages(self):
        """The pages of all kinds that need not be found, for a checker that does not walk."""
        return [
            f"http://{self.host}/{kind.name}/{member}/{name}"
            for kind in KINDS
            if not kind.walks
            for member, files in kind.members()
            for name in {"": None} | dict.fromkeys(kind.pages if member == "bad" else ())
        ]

    def write(self, folder):
        """Writes the kinds that need no server into a folder of files; their names."""
        folder, names = pathlib.Path(folder), []
        for kind in filter(is_of_files, KINDS):
            names.append(kind.name)
            for member, files in kind.members():
                for name, file in files.items():
                    file = page(file) if isinstance(file, str) else file
                    path = folder / kind.name / member / (name or "index.html")
                    path.parent.mkdir(parents=True, exist_ok=True)
                    body = file.body
                    if isinstance(body, str):
                        body = self.filled(body, f"/{kind.name}/{member}/")
                    path.write_bytes(body)
        return names


def is_of_files(kind):
    """Whether a folder of files says all of this kind: no answer but by the name of a file."""
    suffixes = (".html", ".css", ".png", ".svg", ".vtt", ".js", ".pdf", ".txt")
    for _, files in kind.members():
        for name, file in files.items():
            plain = isinstance(file, str) or (
                isinstance(file, Answer) and file.status == 200 and not file.fields
            )
            text = file if isinstance(file, str) else plain and file.body
            if not plain or not (name == "" or name.endswith(suffixes)) or "\n" in name:
                return False
            if isinstance(text, str) and re.search(r"\{(host|other|dead)\}", text):
                return False
            if not isinstance(file, str) and file.type not in (CSS, PNG.type, "text/vtt", "image/svg+xml", "text/javascript", "application/pdf", "text/plain"):  # fmt: skip
                return False
    return True


SITE = Site()


def judged(findings, kinds):
    """For each of these kinds, by name: what a checker that found this finds, misses and accuses.

    A finding is the URL of a page and that of its link, or nothing for one of them. Returns
    `{name: (finds, accuses)}`, each true or false, or None where the kind has no such member; and
    the findings that belong to no kind.
    """
    found, accused, others = {}, set(), []
    by_name = {kind.name: kind for kind in KINDS}
    for source, target in sorted(findings):
        parts = folder_of(source) or folder_of(target)
        if parts is None:
            others.append((source, target))
            continue
        name, member, at = parts
        kind = by_name[name]
        words = [word.replace("{dead}", SITE.dead) for word in kind.words]
        is_asked = any(word in url for word in words for url in (target, urllib.parse.unquote(target)))
        # A folder may be named without its slash.
        at = at + "/" if at + "/" in kind.pages else at
        is_asked &= not kind.pages or at in kind.pages
        if member == "bad" and is_asked:
            found.setdefault(name, set()).add(at)
        else:
            accused.add(name)
    result = {}
    for name in kinds:
        kind, pages = by_name[name], found.get(name, set())
        finds = pages >= set(kind.pages) if kind.pages else bool(pages)
        result[name] = (finds if kind.bad else None, name in accused)
    return result, others


def folder_of(url):
    """The kind, the member and the page that a URL is of, or None."""
    parts = urllib.parse.urlsplit(url).path.split("/", 3)
    names = [kind.name for kind in KINDS]
    if len(parts) < 4 or parts[1] not in names or parts[2] not in ("bad", "good"):
        return None
    return parts[1], parts[2], parts[3]


def linkcheck_is_right(url):
    """Runs linkcheck on the site, and says what it gets wrong."""
    command = ["linkcheck", "-q", "--no-robots", "--format=tsv", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    print(done.stderr, end="", file=sys.stderr)
    findings = {tuple(line.split("\t")[1:3]) for line in done.stdout.splitlines()}
    result, others = judged(findings, [kind.name for kind in KINDS])
    wrong = [f"{source} -> {target}: belongs to no kind" for source, target in others]
    for kind in KINDS:
        finds, accuses = result[kind.name]
        is_right = finds is not False and not accuses
        if is_right == bool(kind.known):
            what = "is known to be wrong, and is right" if is_right else "misses" if finds is False else "accuses falsely"  # fmt: skip
            wrong.append(f"{kind.name} ({kind.title}): {what}")
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(KINDS)} kinds, {sum(bool(kind.known) for kind in KINDS)} known to be wrong, {len(wrong)} unexpected")
    return not wrong and done.returncode == 1


def main():
    if sys.argv[1:] == ["--list"]:
        for kind in KINDS:
            members = ", ".join(member for member, _ in kind.members())
            print(kind.name, members, kind.title, kind.source, sep="\t")
        return
    url = SITE.serve()
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if linkcheck_is_right(url) else 1)
    print(url, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
