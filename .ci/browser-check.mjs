// Looks at each report and prints what is wrong with it. A page that is wrong in every way comes first, and one that is
// right in every way second, so that a check that sees nothing, or everything, is noticed.
//
//   axe      axe-core's rules for WCAG 2.2 A and AA, and its best practices: light and dark, narrow and wide, details
//            closed and open
//   wide     the page is wider than its window, or a table than its place: 390, 1280, 320 (WCAG 1.4.10), 640 at two pixels a
//            point (200% zoom), print
//   asks     it asks for something over the network
//   console  an error in the console; a breach of the page's own policy is one
//   heads    a long table whose head does not stay in sight
//   chart    one without title, description or a table with its data beside it; an id that appears twice
//   faint    a mark of a chart under 3:1 against what lies behind it (WCAG 1.4.11), or a chart's text under 4.5:1 (1.4.3)
//   number, header, query, bars, cut     on paper: no page number; not what --each-page asks for; a query that is not
//            printed; bars that are lost where the reader prints no backgrounds; words beyond the margin
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.TOOLS}/`);
const puppeteer = require("puppeteer-core");
const axe = require("axe-core");

const POINTS_A_MILLIMETRE = 72 / 25.4;
const A4_TEXT_WIDTH_PIXELS = 688; // 210 mm less two margins of 14 mm
const scratch = mkdtempSync(join(tmpdir(), "browser-check-"));

// ---- in the page -----------------------------------------------------------------------------------------------------

function runAxe() {
  return axe
    .run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      rules: { "target-size": { enabled: true } },
      resultTypes: ["violations", "incomplete"],
    })
    .then(({ violations, incomplete }) => {
      const lines = (rules) => rules.filter(({ nodes }) => nodes.length > 0).map(({ id, nodes, help }) =>
        `${id} (${nodes.length}): ${help}; first ${nodes[0].target.join(" ")} ${nodes[0].any[0]?.message ?? ""}`);
      // axe does not settle the contrast of texts in a chart; `faint` does.
      const isLeft = ({ target }) => !document.querySelector(target[0])?.closest("svg");
      const left = incomplete.map((rule) => ({ ...rule, nodes: rule.nodes.filter(isLeft) }));
      return { wrong: lines(violations), unclear: lines(left) };
    });
}

function charts() {
  const found = [];
  const say = (condition, text) => condition || found.push(text);
  for (const chart of document.querySelectorAll("svg[role=img]")) {
    const name = chart.querySelector("title")?.textContent.trim();
    say(name, `no title: ${chart.outerHTML.slice(0, 80)}`);
    say(chart.querySelector("desc")?.textContent.trim(), `no description: ${name}`);
    for (const id of (chart.getAttribute("aria-labelledby") ?? "").split(/\s+/)) {
      say(!id || document.getElementById(id), `named by ${id}, which is not there: ${name}`);
    }
    const details = chart.getAttribute("aria-details");
    const figure = chart.closest("figure");
    const group = figure?.closest(".figures");
    const beside = [...(group?.children ?? [])].filter((place) => !place.matches("figure"));
    const data = details ? [document.getElementById(details)] : [figure, ...beside, (group ?? figure)?.nextElementSibling];
    say(data.some((place) => place?.matches("table") || place?.querySelector("table")), `no table of its data: ${name}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) !== place))) found.push(`id twice: ${id}`);
  return found;
}

// A mark counts by its fill or its outline, whichever stands out more. Grid lines and the tracks of bars say nothing.
function faint() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (text, opacity, behind) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    const share = (alpha / 255) * opacity;
    return [red, green, blue].map((part, place) => part * share + behind[place] * (1 - share));
  };
  const light = (parts) => {
    const [red, green, blue] = parts.map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  };
  const contrast = (one, other) => Math.max(light(one) / light(other), light(other) / light(one));
  const base = matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  const paper = (element) => (element ? colour(getComputedStyle(element).backgroundColor, 1, paper(element.parentElement)) : base);
  const found = new Set();
  for (const chart of document.querySelectorAll("svg")) {
    if (!chart.checkVisibility()) continue;
    const behind = paper(chart.parentElement);
    const shapes = [...chart.querySelectorAll("rect, circle, path, polyline")].filter((shape) => !shape.matches(".grid, .track"));
    for (const shape of shapes) {
      const { fill, fillOpacity, stroke, strokeOpacity, strokeWidth, opacity } = getComputedStyle(shape);
      const box = shape.matches(".box + .median") && shape.previousElementSibling;
      const ground = box ? colour(getComputedStyle(box).fill, 1, behind) : behind;
      const paints = [[fill, fillOpacity], [parseFloat(strokeWidth) > 0 ? stroke : "none", strokeOpacity]]
        .filter(([paint]) => paint !== "none")
        .map(([paint, share]) => contrast(colour(paint, share * opacity, ground), ground));
      const best = Math.max(0, ...paints);
      if (best < 3) found.add(`${shape.tagName}.${shape.getAttribute("class")} at ${best.toFixed(2)}:1`);
    }
    for (const text of chart.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const under = shapes.filter((shape) => {
        const area = shape.getBoundingClientRect();
        const isArea = shape.matches("rect, circle") && getComputedStyle(shape).fill !== "none";
        return isArea && area.left <= x && x <= area.right && area.top <= y && y <= area.bottom;
      });
      const { fill, opacity } = getComputedStyle(text);
      const ground = under.length ? colour(getComputedStyle(under.at(-1)).fill, getComputedStyle(under.at(-1)).opacity, behind) : behind;
      const ratio = contrast(colour(fill, opacity, ground), ground);
      if (ratio < 4.5) found.add(`the text "${text.textContent}" at ${ratio.toFixed(2)}:1`);
    }
  }
  return [...found];
}

// Scrolls to the middle of the longest table; its head must be the topmost thing at the top of the window.
function heads() {
  const tables = [...document.querySelectorAll("table")].filter(({ tHead }) => tHead);
  const longest = tables.sort((one, other) => other.offsetHeight - one.offsetHeight)[0];
  if (!longest || longest.offsetHeight < 1.5 * innerHeight) return [`no table is long enough to see`];
  scrollTo({ top: longest.getBoundingClientRect().top + scrollY + longest.offsetHeight / 2, behavior: "instant" });
  const head = longest.tHead.querySelector("th");
  const box = head.getBoundingClientRect();
  const isSeen = box.top > -2 && box.top < 40 && head.contains(document.elementFromPoint(box.x + 3, box.y + box.height / 2));
  return isSeen ? [] : [`"${longest.caption?.textContent ?? head.textContent}": its head is at ${Math.round(box.top)}`];
}

// ---- on paper --------------------------------------------------------------------------------------------------------

const read = (program, ...given) => execFileSync(program, given, { encoding: "utf8", maxBuffer: 1 << 28 });
const squeeze = (text) => text.replace(/\s+/g, " ").trim();

// Pixels that have only blue neighbours: an area of blue, not the edge of a blue letter.
function blueArea(pdf, page) {
  const image = execFileSync("pdftoppm", ["-r", "60", "-f", page, "-l", page, pdf], { maxBuffer: 1 << 28 });
  const [head, width, height] = /^P6\s(\d+)\s(\d+)\s255\s/.exec(image.toString("latin1", 0, 40));
  const isBlue = Array.from({ length: width * height }, (_, pixel) => {
    const [red, green, blue] = image.subarray(head.length + 3 * pixel, head.length + 3 * pixel + 3);
    const [low, high] = [Math.min(red, green, blue), Math.max(red, green, blue)];
    const hue = 60 * (4 + (red - green) / (high - low));
    return blue === high && high - low > 70 && hue > 190 && hue < 225;
  });
  const [row, around] = [Number(width), [-1, 0, 1]];
  return isBlue.filter((_, pixel) => around.every((y) => around.every((x) => isBlue[pixel + y * row + x]))).length;
}

async function onPaper(page, eachPage, say) {
  const pdf = join(scratch, "print.pdf");
  writeFileSync(pdf, await page.pdf({ format: "A4", preferCSSPageSize: true, printBackground: false, timeout: 120_000 }));
  const { queries, title, margin } = await page.evaluate(() => ({
    queries: [...document.querySelectorAll("details pre")].map((query) => query.textContent).join("\n"),
    title: document.querySelector("#strategies h2").textContent,
    margin: [...document.styleSheets].filter(({ href }) => !href).flatMap(({ cssRules }) => [...cssRules])
      .flatMap((rule) => [rule, ...(rule.cssRules ?? [])])
      .find((rule) => rule instanceof CSSPageRule)?.style.marginRight,
  }));
  const pages = read("pdftotext", "-layout", pdf, "-").split("\f").slice(0, -1);
  pages.forEach((text, place) => {
    const has = (regex) => new RegExp(regex).test(squeeze(text));
    if (!has(`Page ${place + 1} of ${pages.length}\\b`)) say("number", `none on page ${place + 1}`);
    for (const regex of eachPage) if (!has(regex)) say("header", `no ${regex} on page ${place + 1}`);
  });
  const selects = (text) => (text.match(/\bselect\b/g) ?? []).length;
  if (selects(pages.join("\n")) < Math.max(1, selects(queries))) {
    say("query", `${selects(pages.join("\n"))} of ${selects(queries)} selects are printed`);
  }
  const strategies = pages.findIndex((text) => text.split("\n").some((line) => squeeze(line) === title)) + 1;
  const blue = strategies && blueArea(pdf, String(strategies));
  if (blue < 20) say("bars", `page ${strategies} has ${blue} blue pixels`);
  const edge = (margin?.endsWith("mm") ? parseFloat(margin) : 10) * POINTS_A_MILLIMETRE - 1;
  let width = 0;
  for (const line of read("pdftotext", "-bbox", pdf, "-").split("\n")) {
    width = Number(/<page width="([\d.]+)"/.exec(line)?.[1] ?? width);
    const [, left, right, word] = /xMin="([-\d.]+)".*xMax="([-\d.]+)".*?>(.*)<\/word>/.exec(line) ?? [];
    if (left < edge || right > width - edge) say("cut", `"${word}" from ${left} to ${right} of ${width} points`);
  }
  return pages.length;
}

// ---- one report ------------------------------------------------------------------------------------------------------

async function check(browser, file, eachPage) {
  const complaints = new Map(); // kind -> texts
  const say = (kind, text) => complaints.set(kind, [...(complaints.get(kind) ?? []), text]);
  const unclear = new Set();
  const page = await browser.newPage();
  let isWatched = true;
  page.on("request", (request) => {
    if (isWatched && !request.isNavigationRequest() && !request.url().startsWith("data:")) say("asks", request.url());
  });
  page.on("console", (message) => {
    if (isWatched && ["error", "warn"].includes(message.type())) say("console", message.text());
  });
  page.on("pageerror", (error) => isWatched && say("console", error.message));
  const open = async (width, height, scheme, scale = 1) => {
    isWatched = true;
    await page.setViewport({ width, height, deviceScaleFactor: scale });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.goto(pathToFileURL(resolve(file)).href, { waitUntil: "networkidle0" });
    isWatched = false; // what the checks themselves do is not the page's doing
  };
  const openDetails = () => page.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
  const fits = async (what) => {
    const [needs, has, tables] = await page.evaluate(() => {
      const right = (element) => element.getBoundingClientRect().right;
      const tables = [...document.querySelectorAll("table")].filter((table) => right(table) > right(table.parentElement) + 1);
      return [document.documentElement.scrollWidth, innerWidth, tables.map(({ caption }) => caption?.textContent)];
    });
    if (needs > has) say("wide", `${what}: ${needs} of ${has} pixels`);
    for (const table of tables) say("wide", `${what}: a table goes beyond its place: ${table}`);
  };

  for (const scheme of ["light", "dark"]) {
    for (const width of [390, 1280]) {
      const where = `${width} ${scheme}`;
      await open(width, 800, scheme);
      await fits(where);
      await page.evaluate(axe.source);
      for (const state of ["closed", "open"]) {
        if (state === "open") await openDetails();
        const found = await page.evaluate(runAxe);
        found.wrong.forEach((text) => say("axe", `${where} ${state}: ${text}`));
        found.unclear.forEach((text) => unclear.add(`${where} ${state}: ${text}`));
      }
      await fits(`${where}, details open`);
      (await page.evaluate(faint)).forEach((text) => say("faint", `${where}: ${text}`));
    }
  }
  for (const [width, scale, what] of [[640, 2, "200% zoom"], [320, 1, "320 pixels"]]) {
    await open(width, 800, "light", scale);
    await fits(what);
    await openDetails();
    await fits(`${what}, details open`);
  }
  await open(1280, 400, "light");
  (await page.evaluate(charts)).forEach((text) => say("chart", text));
  (await page.evaluate(heads)).forEach((text) => say("heads", text));
  await open(A4_TEXT_WIDTH_PIXELS, 1000, "light");
  await page.emulateMediaType("print");
  await fits("print");
  await page.emulateMediaType();
  const pages = await onPaper(page, eachPage, say);
  await page.close();
  return { complaints, unclear, pages };
}

// ---- pages that are known ----------------------------------------------------------------------------------------------

const rows = Array.from({ length: 60 }, (_, row) => `<tr><th scope="row">L${row}</th><td>1</td></tr>`).join("");
const table = `<table><caption>Loans</caption><thead><tr><th scope="col">Loan</th><th scope="col">DPD</th></tr></thead><tbody>${rows}</tbody></table>`;
const GOOD = `<!doctype html><html lang="en"><head><title>Good</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><style>body { background: #fff; color: #000 } svg rect { fill: #0072b2 } thead th { position: sticky; top: 0; background: #fff }
@media print { thead th { position: static } details::details-content { content-visibility: visible; block-size: auto } }
@page { size: A4; margin: 14mm; @top-left { content: "Lender" } @bottom-right { content: "Page " counter(page) " of " counter(pages) } }
</style></head><body><main><h1>Good</h1><section id="strategies"><h2>What to do</h2><figure>
<svg role="img" width="200" height="40" aria-labelledby="t d"><title id="t">Loans</title><desc id="d">One bar.</desc><rect width="200" height="40"/></svg>
${table}</figure><details><summary>Query</summary><pre>select 1</pre></details></section></main></body></html>`;
const BAD = `<!doctype html><html><head><title>Bad</title><meta http-equiv="Content-Security-Policy" content="style-src 'sha256-absent' 'self'">
<link rel="stylesheet" href="absent.css"></head><body><h1 style="color: red">Bad</h1><section id="strategies"><h2>What to do</h2>
<svg role="img" width="2000" height="40"><title id="t"></title><rect id="t" fill="#e69f00" width="200" height="40"/><text x="1900" y="20" fill="#bbb">far</text></svg></section>
${table}<details><summary>Query</summary><pre>select 1</pre><input type="checkbox"><input type="checkbox"></details>
<div><table><caption>Wide</caption><tr><td>${"wide".repeat(900)}</td></tr></table></div></body></html>`;
const FOUND_IN_BAD = [
  /^axe: 390 light closed: /, /^axe: 1280 dark open: /, /^axe: .*: target-size /, /^wide: 390 light: \d/, /^wide: 200% zoom: /,
  /^wide: 320 pixels: /, /^wide: print: /, /^wide: .*beyond its place: Wide/, /^asks: .*absent\.css/, /^console: .*Content Security Policy/,
  /^heads: "Loans": its head is at/, /^chart: no title/, /^chart: no description/, /^chart: no table/, /^chart: id twice: t/,
  /^faint: .*rect.* at /, /^faint: .* the text "far"/, /^number: /, /^header: /, /^query: 0 of 1 /, /^bars: /, /^cut: "wide/,
];

async function complaintsOf(browser, html) {
  const file = join(scratch, "known.html");
  writeFileSync(file, html);
  const { complaints } = await check(browser, file, ["Lender"]);
  return [...complaints].flatMap(([kind, texts]) => texts.map((text) => `${kind}: ${text}`));
}

const reports = process.argv.slice(2);
const eachPage = [];
while (reports[0] === "--each-page") eachPage.push(reports.splice(0, 2)[1]);
if (reports.length === 0) throw new Error("which reports?");
// Chromium's own sandbox does not work for root, which a build machine often is; the pages are the project's own.
const browser = await puppeteer.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-quic"] });
try {
  const bad = await complaintsOf(browser, BAD);
  const unseen = FOUND_IN_BAD.filter((regex) => !bad.some((text) => regex.test(text)));
  const good = await complaintsOf(browser, GOOD);
  if (unseen.length + good.length > 0) {
    throw new Error(`not seen in the bad page: ${unseen.join(" ")}\nseen in the good page: ${good.join("\n")}`);
  }
  for (const file of reports) {
    const { complaints, unclear, pages } = await check(browser, file, eachPage);
    for (const text of unclear) console.log(`${file}: to be looked at: ${text}`);
    for (const [kind, texts] of complaints) for (const text of texts) console.log(`${file}: ${kind}: ${text}`);
    if (complaints.size > 0) process.exitCode = 1;
    else console.log(`${file}: as it should be, on screen and on ${pages} pages of paper`);
  }
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true });
}
