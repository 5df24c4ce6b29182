"""Small files of every kind, made by hand: what is in them is known to the letter."""

from __future__ import annotations

import io
import zipfile

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def packed(entries, *, compress=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compress) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def entries_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def run(text, *, bold=False):
    return f'<w:r>{"<w:rPr><w:b/></w:rPr>" if bold else ""}<w:t xml:space="preserve">{text}</w:t></w:r>'


def docx(*paragraphs, more=None):
    body = "".join(f"<w:p>{paragraph}</w:p>" for paragraph in paragraphs)
    entries = {
        "[Content_Types].xml": TYPES,
        "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
        **(more or {}),
    }
    return packed(entries)


X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def xlsx(strings, rows, more=None):
    """Return a sheet; an int n is the n-th shared string, else the raw XML of a cell."""
    letters = "ABCDEFGH"
    sheet = ""
    for number, cells in enumerate(rows, 1):
        inside = "".join(
            f'<c r="{letters[at]}{number}" t="s"><v>{cell}</v></c>'
            if isinstance(cell, int)
            else f'<c r="{letters[at]}{number}"{cell}</c>'
            for at, cell in enumerate(cells)
        )
        sheet += f'<row r="{number}">{inside}</row>'
    shared = "".join(f"<si><t>{text}</t></si>" for text in strings)
    return packed(
        {
            "[Content_Types].xml": TYPES,
            "xl/workbook.xml": f'<workbook {X}><sheets><sheet name="Ann Smith"/></sheets></workbook>',
            "xl/worksheets/sheet1.xml": f"<worksheet {X}><sheetData>{sheet}</sheetData></worksheet>",
            "xl/sharedStrings.xml": f"<sst {X}>{shared}</sst>",
            **(more or {}),
        }
    )


def pdf(*pages, image=False, info=""):
    """Return a PDF with one line of text per page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for text in pages:
        content = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET" if text else "0 0 m 10 10 l S"
        number = len(objects) + 1
        kids.append(f"{number} 0 R")
        picture = "/XObject << /I 99 0 R >>" if image else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {number + 1} 0 R "
            f"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> "
            f"{picture} >> >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    if image:
        picture_number = len(objects) + 1
        objects = [one.replace("99 0 R", f"{picture_number} 0 R") for one in objects]
        objects.append(
            "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray "
            "/BitsPerComponent 8 /Length 1 >>\nstream\nx\nendstream"
        )
    trailer = ""
    if info:
        objects.append(f"<< /Author ({info}) >>")
        trailer = f"/Info {len(objects)} 0 R"
    out = b"%PDF-1.4\n"
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{one}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end = f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + (head + end).encode()
