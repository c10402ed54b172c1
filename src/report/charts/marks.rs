//! The marks of a scatter: one shape a group, so that groups differ in print and to every eye.

use askama::Template;

/// The shape of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Dot,
    Triangle,
    Cross,
    Square,
    Diamond,
    Plus,
}

impl Shape {
    /// Shapes in the order in which groups get them.
    pub const ALL: [Self; 6] = [Self::Dot, Self::Triangle, Self::Cross, Self::Square, Self::Diamond, Self::Plus];

    /// Whether the shape is drawn with a line, not filled.
    pub fn class(self) -> &'static str {
        match self {
            Self::Dot => "dot",
            Self::Cross | Self::Plus => "stroke",
            Self::Triangle | Self::Square | Self::Diamond => "fill",
        }
    }

    /// The commands of a path that draw one mark around a point. A scatter has hundreds of them: whole units keep the page
    /// small, and no eye tells the difference.
    pub fn path(self, x: f64, y: f64) -> String {
        let start = |left: f64, up: f64| format!("M{:.0} {:.0}", x - left, y - up);
        match self {
            Self::Dot => start(0.0, 0.0) + "h0",
            Self::Triangle => start(0.0, 3.0) + "l4 7h-8z",
            Self::Cross => start(3.0, 3.0) + "l6 6m0-6l-6 6",
            Self::Square => start(2.5, 2.5) + "h5v5h-5z",
            Self::Diamond => start(0.0, 4.0) + "l4 4-4 4-4-4z",
            Self::Plus => start(0.0, 3.0) + "v7m-3-4h7",
        }
    }
}

/// What a mark or colour means, beside a chart.
#[derive(Debug, Clone)]
pub struct Legend {
    pub class: String,
    pub mark_class: &'static str,
    pub mark: String,
    pub label: String,
}

impl Legend {
    /// The legend of a mark.
    pub fn of_mark(class: String, shape: Shape, label: String) -> Self {
        Self { class, mark_class: shape.class(), mark: shape.path(8.0, 8.0), label }
    }

    /// The legend of an area.
    pub fn of_area(class: &str, label: String) -> Self {
        Self { class: class.to_owned(), mark_class: "fill", mark: "M1 2h14v12h-14z".to_owned(), label }
    }
}

/// The list of what marks mean.
#[derive(Template)]
#[template(path = "charts/legend.html")]
pub struct LegendList<'a> {
    pub items: &'a [Legend],
}

impl askama::filters::HtmlSafe for LegendList<'_> {}
