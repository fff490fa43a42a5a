//! Categories of elements, by the HTML standard.

use crate::web::html::{Element, Name};

/// Whether the element has lines of its own.
#[inline(always)]
pub(super) fn is_block(element: Element) -> bool {
    use Element::*;
    matches!(
        element,
        Address
            | Article
            | Aside
            | Blockquote
            | Body
            | Caption
            | Center
            | Dd
            | Details
            | Dialog
            | Dir
            | Div
            | Dl
            | Dt
            | Fieldset
            | Figcaption
            | Figure
            | Footer
            | Form
            | H1
            | H2
            | H3
            | H4
            | H5
            | H6
            | Header
            | Hgroup
            | Hr
            | Html
            | Legend
            | Li
            | Listing
            | Main
            | Menu
            | Nav
            | Ol
            | Optgroup
            | Option
            | P
            | Plaintext
            | Pre
            | Search
            | Section
            | Select
            | Summary
            | Textarea
            | Ul
            | Xmp
    )
}

/// Whether the tags of an element that hides nothing change nothing in the layout.
#[inline(always)]
pub(super) fn is_inline(element: Element) -> bool {
    use Element::*;
    !is_block(element) && !is_of_table(element) && !matches!(element, Br | Datalist | Rp | Text)
}

/// Whether the element is part of a table, or a table.
#[inline(always)]
pub(super) fn is_of_table(element: Element) -> bool {
    use Element::*;
    matches!(
        element,
        Caption | Table | Tbody | Td | Tfoot | Th | Thead | Tr
    )
}

/// Whether the element is a heading.
pub(super) fn is_heading(element: Element) -> bool {
    use Element::*;
    matches!(element, H1 | H2 | H3 | H4 | H5 | H6)
}

/// Whether an element is in the standard's "formatting" category.
pub(super) fn is_formatting(element: Element) -> bool {
    use Element::*;
    matches!(
        element,
        A | B | Big | Code | Em | Font | I | Nobr | S | Small | Strike | Strong | Tt | U
    )
}

/// Whether a start tag closes a `p` that is open.
pub(super) fn closes_p(element: Element) -> bool {
    use Element::*;
    matches!(
        element,
        Address
            | Article
            | Aside
            | Blockquote
            | Center
            | Dd
            | Details
            | Dialog
            | Dir
            | Div
            | Dl
            | Dt
            | Fieldset
            | Figcaption
            | Figure
            | Footer
            | Form
            | Header
            | Hgroup
            | Hr
            | Li
            | Listing
            | Main
            | Menu
            | Nav
            | Ol
            | P
            | Plaintext
            | Pre
            | Search
            | Section
            | Summary
            | Table
            | Ul
            | Xmp
    )
}

/// Whether an element is in the standard's "special" category, if it has a name here and
/// is not void; or `dialog`, whose end tag is treated like that of a block.
pub(super) fn is_special(element: Element) -> bool {
    use Element::*;
    closes_p(element)
        || is_of_table(element)
        || is_heading(element)
        || matches!(
            element,
            Body | Button
                | Frame
                | Head
                | Html
                | Iframe
                | Noembed
                | Noframes
                | Noscript
                | Object
                | Script
                | Select
                | Style
                | Template
                | Textarea
                | Title
        )
}

/// Whether an element of HTML has no contents and no end tag.
pub(super) fn is_void(element: Element, name: &Name) -> bool {
    use Element::*;
    match element {
        Area | Base | Br | Embed | Frame | Hr | Image | Img | Input | Link | Meta | Source
        | Track => true,
        Other => matches!(
            name.as_bytes(),
            b"basefont" | b"bgsound" | b"col" | b"keygen" | b"param" | b"wbr"
        ),
        _ => false,
    }
}
