"""The broken links of a site, found in its files: what linkcheck is held to.

    offline.py FOLDER URL

Prints `SOURCE<TAB>URL` for each link that leads to no file of FOLDER, which a
server shows at URL, or to no element of the page that it names. Knows nothing of
linkcheck: lxml reads the pages, urllib resolves the links.
"""

import collections
import gzip
import os
import re
import sys
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import lxml.html

LINKS = {
    ("a", "href"), ("area", "href"), ("link", "href"), ("img", "src"), ("script", "src"),
    ("iframe", "src"), ("frame", "src"), ("source", "src"), ("video", "src"), ("video", "poster"),
    ("audio", "src"), ("track", "src"), ("embed", "src"), ("object", "data"), ("form", "action"),
    ("input", "src"),
}  # fmt: skip
ENTERED = {"a", "area", "iframe", "frame"}
BLANKS = " \t\n\r\f"


def urls_of(element):
    """What one element links to, raw, with its tag."""
    tag = element.tag
    if not isinstance(tag, str):
        return
    for name, value in element.items():
        if (tag, name) in LINKS:
            yield tag, value
        elif name == "srcset" and tag in ("img", "source"):
            for candidate in value.split(","):
                yield tag, candidate.split()[0]
        elif name == "style":
            yield from ((tag, url) for url in re.findall(r"url\([\"']?(.*?)[\"']?\)", value))
    if tag == "style" and element.text:
        yield from ((tag, url) for url in re.findall(r"url\([\"']?(.*?)[\"']?\)", element.text))
    if tag == "meta" and element.get("http-equiv", "").lower() == "refresh":
        target = re.search(r"url\s*=\s*[\"']?([^\"']*)", element.get("content", ""), re.I)
        if target:
            yield tag, target.group(1)


class Site:
    def __init__(self, folder, url):
        self.folder, self.url, self.pages = folder, url, {}

    def path(self, url):
        """The file that the server shows for a URL, or none."""
        path = os.path.join(self.folder, unquote(url[len(self.url) :].split("?")[0]))
        if os.path.isdir(path):
            path = os.path.join(path, "index.html")
        # A server with `gzip_static` shows what is there in gzip only, too.
        return path if os.path.exists(path) or os.path.exists(path + ".gz") else None

    def page(self, path):
        """The links and anchors of a page; none for what is no page."""
        if not path.endswith((".html", ".htm")):
            return None
        if path not in self.pages:
            there = os.path.exists(path)
            with open(path, "rb") if there else gzip.open(path + ".gz") as file:
                text = file.read()
            # Declared in different ways; all of it is UTF-8.
            tree = lxml.html.fromstring(text, parser=lxml.html.HTMLParser(encoding="utf-8"))
            bases = [base.get("href") for base in tree.iter("base") if base.get("href")]
            links = [link for element in tree.iter() for link in urls_of(element)]
            anchors = {e.get("id") for e in tree.iter() if isinstance(e.tag, str) and e.get("id")}
            anchors |= {a.get("name") for a in tree.iter("a") if a.get("name")}
            self.pages[path] = (bases[:1], links, anchors)
        return self.pages[path]


def broken(site):
    """Every broken link, once a page."""
    waiting, seen, found = collections.deque([site.url]), {site.url}, set()
    while waiting:
        source = waiting.popleft()
        page = site.page(site.path(source))
        if page is None:
            continue
        bases, links, _ = page
        base = urljoin(source, bases[0]) if bases else source
        for tag, raw in links:
            url = urljoin(base, raw.strip(BLANKS).replace("\n", "").replace("\t", ""))
            whole, fragment = urldefrag(url)
            if urlsplit(url).scheme in ("http", "https") and not urlsplit(url).netloc:
                found.add((source, raw))  # no URL
            if not whole.startswith(site.url):
                continue
            path = site.path(whole)
            if path is None:
                found.add((source, whole))
                continue
            there = site.page(path)
            name = unquote(fragment)
            if fragment and there and not {name, fragment} & there[2] and name.lower() != "top":
                found.add((source, url))
            if tag in ENTERED and whole not in seen:
                seen.add(whole)
                waiting.append(whole)
    return found


def main():
    folder, url = sys.argv[1:]
    for source, target in sorted(broken(Site(folder, url))):
        print(source, target, sep="\t")


main()
