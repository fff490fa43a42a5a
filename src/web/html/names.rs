//! Names of tags and attributes, and constants for those with a meaning here.

/// How much of a name is kept, in bytes. No name with a meaning is that long.
const LONGEST: usize = 64;

/// A name that was read, in lower case. Its buffer is reused for the next one.
#[derive(Clone, Copy)]
pub struct Name {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Name {
    /// The empty name.
    pub fn new() -> Self {
        Name {
            bytes: [0; LONGEST],
            len: 0,
        }
    }

    /// The name in lower case.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Forgets the name.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.bytes[..8].fill(0);
    }

    /// Appends to the name, in lower case.
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let end = (self.len + bytes.len()).min(LONGEST);
        for (to, from) in self.bytes[self.len..end].iter_mut().zip(bytes) {
            *to = from.to_ascii_lowercase();
        }
        self.len = end;
    }

    /// Names of up to eight bytes as a number, others as 0.
    #[inline]
    fn key(&self) -> u64 {
        let key = u64::from_le_bytes(*self.bytes.first_chunk().expect("longer than a key"));
        if self.len <= 8 { key } else { 0 }
    }
}

impl Default for Name {
    fn default() -> Self {
        Self::new()
    }
}

/// The key of a short name.
const fn key(name: &[u8]) -> u64 {
    assert!(name.len() <= 8);
    let mut bytes = [0; 8];
    let mut i = 0;
    while i < name.len() {
        bytes[i] = name[i];
        i += 1;
    }
    u64::from_le_bytes(bytes)
}

/// Makes an enum of known names. Short ones are looked up as numbers, which is
/// several times faster than as bytes.
macro_rules! known {
    ($(#[$about:meta])* $kind:ident, short: $($short:ident $name:literal),+; long: $($long:ident $long_name:literal),+;) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum $kind {
            $($short,)+
            $($long,)+
            /// Any other name.
            Other,
        }

        impl $kind {
            /// The one of this name.
            #[inline]
            #[allow(non_upper_case_globals)]
            pub fn named(name: &Name) -> Self {
                mod keys {
                    $(pub const $short: u64 = super::key($name.as_bytes());)+
                }
                match name.key() {
                    0 => Self::long(name),
                    $(keys::$short => $kind::$short,)+
                    _ => $kind::Other,
                }
            }

            fn long(name: &Name) -> Self {
                $(if name.as_bytes() == $long_name.as_bytes() { return $kind::$long; })+
                $kind::Other
            }

            /// Its name; empty for [`Other`](Self::Other).
            pub fn name(self) -> &'static str {
                match self {
                    $($kind::$short => $name,)+
                    $($kind::$long => $long_name,)+
                    $kind::Other => "",
                }
            }
        }
    };
}

known! {
    /// The elements that have a meaning for one of the programs.
    Element,
    short: A "a", Address "address", Area "area", Article "article", Aside "aside", Audio "audio",
        B "b", Base "base", Big "big", Body "body", Br "br", Button "button", Canvas "canvas", Caption "caption",
        Center "center", Code "code", Datalist "datalist", Dd "dd", Desc "desc", Details "details",
        Dialog "dialog", Dir "dir", Div "div", Dl "dl", Dt "dt", Em "em", Embed "embed",
        FeImage "feimage", Fieldset "fieldset", Figure "figure", Font "font", Footer "footer", Form "form", Frame "frame",
        H1 "h1", H2 "h2", H3 "h3", H4 "h4", H5 "h5", H6 "h6", Head "head", Header "header",
        Hgroup "hgroup", Hr "hr", Html "html", I "i", Iframe "iframe", Image "image", Img "img",
        Input "input", Legend "legend", Li "li", Link "link", Listing "listing", Main "main",
        Math "math", Menu "menu", Meta "meta", Metadata "metadata", Mi "mi", Mn "mn", Mo "mo", Ms "ms", Mtext "mtext",
        Nav "nav", Nobr "nobr", Noembed "noembed", Noframes "noframes", Noscript "noscript", Object "object", Ol "ol",
        Optgroup "optgroup", Option "option", P "p", Pre "pre", Rp "rp", Rt "rt", Ruby "ruby", S "s",
        Script "script", Search "search", Section "section", Select "select", Small "small",
        Source "source", Span "span", Strike "strike", Strong "strong", Style "style", Sub "sub",
        Summary "summary", Sup "sup", Svg "svg", Table "table", Tbody "tbody", Td "td", Text "text",
        Template "template", Textarea "textarea", Tfoot "tfoot", Th "th", Thead "thead",
        Title "title", Tr "tr", Track "track", Tt "tt", U "u", Ul "ul", Use "use", Var "var",
        Video "video", Xmp "xmp";
    long: Annotation "annotation", AnnotationXml "annotation-xml", Blockquote "blockquote", Figcaption "figcaption",
        ForeignObject "foreignobject", Plaintext "plaintext";
}

known! {
    /// The attributes that have a meaning for one of the programs.
    Attribute,
    short: Action "action", Content "content", Data "data", Encoding "encoding", Hidden "hidden",
        Href "href", Id "id", Method "method", Name "name", Open "open", Popover "popover", Poster "poster",
        Rel "rel", Src "src", Srcset "srcset", Style "style", Type "type";
    long: Background "background", FormAction "formaction", FormMethod "formmethod", HttpEquiv "http-equiv",
        ImageSrcset "imagesrcset", ShadowRootMode "shadowrootmode", XlinkHref "xlink:href";
}
