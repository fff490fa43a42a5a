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

    /// Replaces the name by the first `n` bytes of a text, in lower case. There is at least
    /// one. A short name in the middle of a text is read as a number, without a loop.
    #[inline(always)]
    pub(super) fn read(&mut self, text: &[u8], n: usize) {
        match text.first_chunk() {
            Some(eight) if n <= 8 => {
                let kept = u64::MAX >> (64 - 8 * n);
                let key = lower(u64::from_le_bytes(*eight)) & kept;
                self.bytes[..8].copy_from_slice(&key.to_le_bytes());
                self.len = n;
            }
            _ => {
                self.clear();
                self.push(&text[..n]);
            }
        }
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

/// Eight bytes with their ASCII letters in lower case.
#[inline(always)]
fn lower(bytes: u64) -> u64 {
    const fn all(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    // The sums set the highest bit of a byte if it is at least `A`, and if it is more than `Z`.
    let low = bytes & all(0x7F);
    let from_a = low + all(0x80 - b'A');
    let after_z = low + all(0x7F - b'Z');
    let upper = (from_a ^ after_z) & !bytes & all(0x80);
    bytes | upper >> 2
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

/// A perfect hash table of the keys of short names: no two of them have one slot.
struct Slots<const N: usize> {
    multiplier: u64,
    /// The index of the key that has this slot, or any index.
    slots: [u8; N],
}

impl<const N: usize> Slots<N> {
    /// Tries one multiplier after the other, when the crate is compiled.
    const fn new(keys: &[u64]) -> Self {
        assert!(N.is_power_of_two() && keys.len() < 256);
        let mut table = Slots {
            multiplier: 0x9E37_79B9_7F4A_7C15,
            slots: [0; N],
        };
        'tries: loop {
            let mut taken = [false; N];
            let mut i = 0;
            while i < keys.len() {
                let slot = table.slot(keys[i]);
                if taken[slot] {
                    table.multiplier = table.multiplier.wrapping_mul(0xD129_0D3D_28CD_6D85);
                    continue 'tries;
                }
                taken[slot] = true;
                table.slots[slot] = i as u8;
                i += 1;
            }
            return table;
        }
    }

    #[inline(always)]
    const fn slot(&self, key: u64) -> usize {
        (key.wrapping_mul(self.multiplier) >> (64 - N.trailing_zeros())) as usize
    }

    /// The index of the only key that may be equal to this one.
    #[inline(always)]
    fn index(&self, key: u64) -> usize {
        self.slots[self.slot(key)] as usize
    }
}

/// Makes an enum of known names. Short ones are looked up as numbers in a hash table with
/// `slots` slots.
macro_rules! known {
    ($(#[$about:meta])* $kind:ident, slots: $slots:literal; short: $($short:ident $name:literal),+; long: $($long:ident $long_name:literal),+;) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum $kind {
            $($short,)+
            $($long,)+
            /// Any other name.
            #[default]
            Other,
        }

        impl $kind {
            /// The one of this name.
            #[inline]
            pub fn named(name: &Name) -> Self {
                const KEYS: &[u64] = &[$(key($name.as_bytes())),+];
                static KINDS: &[$kind] = &[$($kind::$short),+];
                static SLOTS: Slots<$slots> = Slots::new(KEYS);
                let key = name.key();
                if key == 0 {
                    return Self::long(name);
                }
                let index = SLOTS.index(key);
                if KEYS[index] == key { KINDS[index] } else { $kind::Other }
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
    slots: 2048;
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
    slots: 64;
    short: Action "action", Content "content", Data "data", Encoding "encoding", Hidden "hidden",
        Href "href", Id "id", Method "method", Name "name", Open "open", Popover "popover", Poster "poster",
        Rel "rel", Src "src", Srcset "srcset", Style "style", Type "type";
    long: Background "background", FormAction "formaction", FormMethod "formmethod", HttpEquiv "http-equiv",
        ImageSrcset "imagesrcset", ShadowRootMode "shadowrootmode", XlinkHref "xlink:href";
}
