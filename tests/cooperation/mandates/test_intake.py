"""Files as they come: PDF, DOCX and Akoma Ntoso give the paragraphs of the text; bad files are refused, and why."""

from __future__ import annotations

import io
import zipfile

import pytest

from kyoto.cooperation.mandates.cleantext import clean_node
from kyoto.cooperation.mandates.intake import Limits, read_document
from kyoto.cooperation.mandates.output import to_akn
from kyoto.core.errors import KyotoError

RESOLUTION = [
    ("Resolution 7/3", 0),
    ("Reading what was decided", 0),
    ("The Commission on Gardens,", 0),
    ("Recalling that nobody has a list of what was decided over so many years in so many rooms,", 18),
    ("1. Requests the Secretary-General to keep a list, within existing resources, and to publish it every year;", 0),
    ("2. Encourages Member States, where appropriate:", 0),
    ("(a) To read it;", 0),
    ("(b) To act on it;", 0),
    ("3. Decides to look at it again at its ninth session.", 0),
]
PARAGRAPHS = [
    "Requests the Secretary-General to keep a list, within existing resources, and to publish it every year;",
    "Encourages Member States, where appropriate:",
    "Decides to look at it again at its ninth session.",
]


def operative(document):
    return [clean_node(document, node).text for node in document.operative(document.resolutions()[0])]


def make_pdf(path, *, repeat=3):
    weasyprint = pytest.importorskip("weasyprint")
    blocks = "".join(f"<p>{text}{'<sup>1</sup>' if note else ''}</p>" for text, note in RESOLUTION)
    filler = "".join(f"<p>{number}. Said paragraph {number}.</p>" for number in range(4, 60 * repeat))
    corners = "@top-left { content: 'E/2031/30' } @bottom-right { content: counter(page) '/' counter(pages) }"
    style = f"@page {{ size: A4; {corners} }}"
    notes = "<p style='font-size: 70%'><sup style='font-size: 60%'>1</sup> General Assembly resolution 70/1.</p>"
    html = f"<style>{style} sup {{ font-size: 60% }}</style>{blocks}{notes}<h2>Chapter II</h2>{filler}"
    weasyprint.HTML(string=html).write_pdf(path)
    return path


def test_pdf(tmp_path):
    document = read_document(make_pdf(tmp_path / "a.pdf"))
    assert operative(document) == PARAGRAPHS
    assert document.pages >= 3
    heads = {document.text[start:end].strip() for start, end in document.furniture}
    assert {"E/2031/30", f"1/{document.pages}"} <= heads
    assert [(node.number, clean_node(document, node).text) for node in document.walk() if node.kind == "note"] == [
        ("1", "General Assembly resolution 70/1.")
    ]


def test_docx_with_automatic_numbers_notes_and_a_table(tmp_path):
    docx = pytest.importorskip("docx")
    document = docx.Document()
    for text, _ in RESOLUTION:
        found = text.split(". ", 1)
        if found[0].isdigit():
            document.add_paragraph(found[1], style="List Number")
        else:
            document.add_paragraph(text)
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Chair", "Africa"
    document.save(tmp_path / "a.docx")
    read = read_document(tmp_path / "a.docx")
    assert operative(read) == PARAGRAPHS
    assert [node.number for node in read.operative()] == ["1", "2", "3"]
    assert [clean_node(read, node).text for node in read.walk() if node.kind == "table"] == ["| Chair | Africa |"]


def test_akoma_ntoso_gives_back_what_was_written(tmp_path, report):
    (tmp_path / "a.xml").write_bytes(to_akn(report))
    read = read_document(tmp_path / "a.xml")

    def facts(document):
        return {
            node.id: (node.kind, node.number, node.inferred, node.status, clean_node(document, node).text)
            for node in document.walk()
        }

    assert facts(read) == facts(report)
    assert [entry.reason for entry in read.unclear] == [entry.reason for entry in report.unclear]


def test_akoma_ntoso_of_others(tmp_path):
    (tmp_path / "a.xml").write_text(
        """<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0"><statement name="resolution">
        <meta><identification source="#x"/></meta>
        <preface><p>Resolution <docNumber>72/192</docNumber></p></preface>
        <preamble><formula name="enacting"><p>The General Assembly,</p></formula>
          <p>Recalling its resolution 56/119,<authorialNote marker="1"><p>A/72/1.</p></authorialNote></p></preamble>
        <mainBody><paragraph><num>1.</num><content><p><i>Decides</i> so;</p></content></paragraph>
          <paragraph><num>2.</num><intro><p>Urges States:</p></intro>
            <subparagraph><num>(a)</num><content><p>To act.</p></content></subparagraph></paragraph></mainBody>
        </statement></akomaNtoso>""",
        encoding="utf-8",
    )
    read = read_document(tmp_path / "a.xml")
    act = read.resolutions()[0]
    assert (act.kind, act.body, read.symbol) == ("resolution", "General Assembly", "72/192")
    assert [(node.number, clean_node(read, node).text) for node in read.operative(act)] == [
        ("1", "Decides so;"),
        ("2", "Urges States:"),
    ]
    assert [node.kind for node in act.walk() if node.kind in ("preamble", "sub", "note", "enacting")] == [
        "enacting", "preamble", "note", "sub",
    ]  # fmt: skip


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<akomaNtoso><doc>&b;</doc></akomaNtoso>"""
EXTERNAL = (
    b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><akomaNtoso>&e;</akomaNtoso>"""
)


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return buffer.getvalue()


def encrypted_pdf():
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def blank_pdf():
    from pypdf import PdfWriter

    writer = PdfWriter()
    for _ in range(3):
        writer.add_blank_page(100, 100)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def pdf_of_one_page(stream):
    """A PDF whose page draws what a packed stream says."""
    from pypdf import PdfWriter
    from pypdf.generic import NameObject, StreamObject

    writer = PdfWriter()
    page = writer.add_blank_page(100, 100)
    content = StreamObject()
    content.set_data(stream)
    page[NameObject("/Contents")] = writer._add_object(content.flate_encode())
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


BAD = {
    "PDF that unpacks to much": (lambda: pdf_of_one_page(b"q " * 60_000_000), "mandates.broken-pdf"),
    "PDF with a page of endless text": (lambda: pdf_of_one_page(b"BT (Hello) Tj ET\n" * 150_000), "mandates.too-large"),
    "empty": (lambda: b"  \n", "mandates.empty"),
    "renamed Windows program": (lambda: b"MZ\x90\x00" + b"x" * 100, "mandates.not-a-document"),
    "renamed Linux program": (lambda: b"\x7fELF\x02" + b"x" * 100, "mandates.not-a-document"),
    "binary": (lambda: b"Resolution 1/1\x00\x01\x02" * 50, "mandates.not-a-document"),
    "control characters": (lambda: b"\x01\x02\x03ab" * 500, "mandates.not-a-document"),
    "web page": (lambda: b"<!DOCTYPE html><html><body><p>Resolution 1/1</p></body></html>", "mandates.not-a-document"),
    "web page without a type": (lambda: b"\n<HTML><body>Resolution 1/1</body></HTML>", "mandates.not-a-document"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + b"x" * 50, "mandates.not-a-document"),
    "old Word": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "mandates.old-word"),
    "Latin-1": (lambda: "Résolution 1/1\n\nÉtats".encode("latin-1"), "mandates.wrong-encoding"),
    "UTF-16 without a mark": (lambda: "Resolution 1/1".encode("utf-16-le"), "mandates.not-a-document"),
    "entity bomb": (lambda: BOMB, "mandates.unsafe-xml"),
    "entity bomb in UTF-16": (
        lambda: BOMB.decode().replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-16"),
        "mandates.unsafe-xml",
    ),
    "external entity": (lambda: EXTERNAL, "mandates.unsafe-xml"),
    "broken XML": (lambda: b"<?xml version='1.0'?><akomaNtoso><doc>", "mandates.broken-xml"),
    "other XML": (lambda: b"<?xml version='1.0'?><rss/>", "mandates.unknown-xml"),
    "deep XML": (
        lambda: b"<?xml version='1.0'?><akomaNtoso>" + b"<p>" * 5000 + b"</p>" * 5000 + b"</akomaNtoso>",
        "mandates.broken-xml",
    ),
    "zip bomb": (lambda: zipped(word__document_xml=b"0" * 40_000_000), "mandates.archive-bomb"),
    "many members": (lambda: zipped(**{f"m{number}": b"" for number in range(5_100)}), "mandates.archive-bomb"),
    "other archive": (lambda: zipped(readme=b"hello"), "mandates.not-a-document"),
    "damaged archive": (lambda: zipped(word__document_xml=b"<x/>")[:-30], "mandates.broken-docx"),
    "archive without relations": (lambda: zipped(word__document_xml=b"<x/>"), "mandates.broken-docx"),
    "entities in DOCX": (lambda: zipped(word__document_xml=BOMB), "mandates.unsafe-xml"),
    "encrypted PDF": (encrypted_pdf, "mandates.encrypted"),
    "scanned PDF": (blank_pdf, "mandates.scanned"),
    "broken PDF": (lambda: b"%PDF-1.7\nnothing of it", "mandates.broken-pdf"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("suffix", [".txt", ".pdf"])
def test_bad_files_are_refused_with_a_reason(tmp_path, name, suffix):
    make, code = BAD[name]
    path = tmp_path / f"document{suffix}"
    path.write_bytes(make())
    with pytest.raises(KyotoError) as caught:
        read_document(path)
    assert caught.value.code == code
    assert caught.value.where.file == str(path)


def test_a_file_of_200_mb_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(KyotoError) as caught:
        read_document(path)
    assert (caught.value.code, caught.value.got) == ("mandates.too-large", "200 MB")


def test_limits_are_settings(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("x" * 100, encoding="utf-8")
    with pytest.raises(KyotoError, match="too large"):
        read_document(path, limits=Limits(file_bytes=99))
    with pytest.raises(KyotoError, match="too large"):
        read_document(make_pdf(tmp_path / "b.pdf", repeat=2), limits=Limits(pages=2))
    with pytest.raises(KyotoError, match="too large"):
        read_document(tmp_path / "b.pdf", limits=Limits(drawing_bytes=1_000))
    with pytest.raises(KyotoError, match="too large"):
        read_document(tmp_path / "b.pdf", limits=Limits(characters=100))


def test_a_missing_file(tmp_path):
    with pytest.raises(KyotoError) as caught:
        read_document(tmp_path / "no.txt")
    assert caught.value.code == "mandates.missing-file"


def test_a_named_encoding_is_used_and_an_unknown_one_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(
        "Resolution 1/1\n\nÉté\n\nThe General Assembly,\n\nNoting it,\n\n1. Decides so.\n".encode("cp1252")
    )
    document = read_document(path, encoding="cp1252")
    assert clean_node(document, document.resolutions()[0].child("title")).text == "Été"
    path.write_bytes("Resolution 1/1\n\nÉté\n\nThe General Assembly,\n\n1. Decides so.\n".encode("utf-16-le"))
    assert read_document(path, encoding="utf-16-le").totals()["operative_paragraphs"] == 1
    with pytest.raises(KyotoError) as caught:
        read_document(path, encoding="klingon")
    assert caught.value.code == "mandates.unknown-encoding"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marked_encodings_and_line_ends(tmp_path, encoding, report_text):
    path = tmp_path / "a.txt"
    path.write_bytes(report_text.replace("\n", "\r\n").encode(encoding))
    assert read_document(path).totals()["operative_paragraphs"] == 8


def test_hostile_markup_stays_text(tmp_path):
    attack = "<script>alert(1)</script><img src=x onerror=alert(2)> &lt;b&gt; ]]>"
    path = tmp_path / "a.txt"
    path.write_text(
        f"Resolution 1/1\n\nData\n\nThe General Assembly,\n\nNoting,\n\n1. Urges States to run {attack};\n",
        encoding="utf-8",
    )
    document = read_document(path)
    assert "<script>alert(1)</script>" in operative(document)[0]
    xml = to_akn(document)
    assert b"<script" not in xml
    assert b"&lt;script&gt;" in xml
    (tmp_path / "b.xml").write_bytes(xml)
    assert operative(read_document(tmp_path / "b.xml")) == operative(document)


def test_long_hostile_lines_take_linear_time():
    from kyoto.cooperation.mandates.obligations import obligations
    from kyoto.cooperation.mandates.structure import parse

    for piece in (
        "(a) ",
        "1. ",
        "¹",
        "* ",
        "and requests ",
        "[x](",
        "to be submitted ",
        "in accordance with ",
        "| ",
        "^{1",
    ):
        text = "Resolution 1/1\n\nData\n\nThe General Assembly,\n\nNoting,\n\n1. Requests States " + piece * 5_000
        document = parse(text)
        assert len(document.pieces()) >= 5
        assert len(obligations(document)) < 30_000
