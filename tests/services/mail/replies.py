"""Replies in the shapes in which real programs send them, written by us: name, raw mail, answer without quotes."""

# ruff: noqa: E501 - a mail on one line is easier to read than a mail in pieces

import base64
from quopri import encodestring

ASKED = ["Bonjour,", "La remise de 12 % attend votre décision.", "Approuver | Refuser", "Entente"]
ASKED_EN = ["Hello,", "The discount of 12 % waits for your decision.", "Approve | Reject", "Entente"]
HEAD = "From: Hélène <helene@kervella.example>\nTo: task@kervella.example\nSubject: Re: Remise\nMIME-Version: 1.0\n"
MARK = "— Répondez au-dessus de cette ligne —"


def quote(lines: list[str], sign: str = "> ") -> str:
    return "\n".join(sign + line for line in lines)


def plain(body: str, *, charset: str = "utf-8", way: str = "8bit", flowed: bool = False) -> bytes:
    raw = body.replace("\n", "\r\n").encode(charset)
    raw = {"8bit": raw, "base64": base64.encodebytes(raw), "quoted-printable": encodestring(raw)}[way]
    flow = "; format=flowed" if flowed else ""
    kind = f"Content-Type: text/plain; charset={charset}{flow}\nContent-Transfer-Encoding: {way}\n\n"
    return (HEAD + kind).replace("\n", "\r\n").encode() + raw


def html(body: str, *, text: str = "", charset: str = "utf-8") -> bytes:
    page = f"<html><head><style>p {{ margin: 0 }}</style></head><body>{body}</body></html>"
    part = f"Content-Type: text/html; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n{page}\n"
    if not text:
        return (HEAD + part).replace("\n", "\r\n").encode(charset)
    both = f"--b\nContent-Type: text/plain; charset={charset}\n\n{text}\n--b\n{part}--b--\n"
    return (HEAD + 'Content-Type: multipart/alternative; boundary="b"\n\n' + both).replace("\n", "\r\n").encode(charset)


def outlook_block(language: str) -> str:
    if language == "fr":
        return (
            "De : Entente <task@kervella.example>\nEnvoyé : lundi 23 novembre 2026 10:02\n"
            "À : Hélène Marchetti <helene@kervella.example>\nObjet : Remise à valider\n\n" + "\n".join(ASKED)
        )
    return (
        "From: Entente <task@kervella.example>\nSent: Monday, November 23, 2026 10:02 AM\n"
        "To: James Faircloth <james@kervella.example>\nSubject: Discount to approve\n\n" + "\n".join(ASKED_EN)
    )


Q, E = quote(ASKED), quote(ASKED_EN)
RULE = "_" * 32
BORDER = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
OUTLOOK_HTML_FR = (
    f'<div style="{BORDER}"><p class="MsoNormal"><b>De&nbsp;:</b> Entente &lt;task@kervella.example&gt;<br>'
    "<b>Envoyé&nbsp;:</b> lundi 23 novembre 2026 10:02<br><b>À&nbsp;:</b> Hélène<br><b>Objet&nbsp;:</b> Remise</p></div>"
    "<p>Approuver | Refuser</p>"
)
GMAIL_HTML = (
    '<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">Le lun. 23 nov. 2026 à 10:02, '
    'Entente &lt;<a href="mailto:t@k.example">t@k.example</a>&gt; a écrit&nbsp;:<br></div>'
    '<blockquote class="gmail_quote"><div>Bonjour,<br>Approuver | Refuser</div></blockquote></div>'
)

SAMPLES: list[tuple[str, bytes, str]] = [
    ("gmail fr", plain(f"Approuvé\n\nLe lun. 23 nov. 2026 à 10:02, Entente <task@kervella.example> a écrit :\n\n{Q}\n"), "Approuvé"),
    ("gmail fr, address on the next line", plain(f"Approuvé, merci\n\nLe lun. 23 nov. 2026 à 10:02, Entente <\ntask+abc.def@kervella.example> a écrit :\n\n{Q}\n"), "Approuvé, merci"),
    ("gmail fr, narrow no-break space before the colon", plain(f"ok\n\nLe lun. 23 nov. 2026 à 10:02, Entente <t@k.example> a écrit\u202f:\n\n{Q}"), "ok"),
    ("gmail en", plain(f"Approved\n\nOn Mon, Nov 23, 2026 at 10:02 AM Entente <task@kervella.example> wrote:\n\n{E}\n"), "Approved"),
    ("gmail en, wrapped", plain(f"Yes, go\n\nOn Mon, Nov 23, 2026 at 10:02 AM Entente <\ntask+abc.def@kervella.example>\nwrote:\n\n{E}\n"), "Yes, go"),
    ("gmail en, signature", plain(f"No\n\n-- \nJames Faircloth\n+44 20 7946 0000\n\nOn Mon, Nov 23, 2026 at 10:02 AM Entente <t@k.example> wrote:\n\n{E}"), "No"),
    ("gmail html only", html(f'<div dir="ltr">Approuvé<div>Tarif habituel</div></div><br>{GMAIL_HTML}'), "Approuvé\nTarif habituel"),
    ("gmail html, signature", html(f'<div dir="ltr">Refusé</div><br clear="all"><div class="gmail_signature">Hélène<br>Directrice</div>{GMAIL_HTML}'), "Refusé"),
    ("outlook desktop fr", plain(f"Approuvé.\n\nCordialement,\nHélène\n\n{outlook_block('fr')}"), "Approuvé.\n\nCordialement,\nHélène"),
    ("outlook desktop en", plain(f"Approved.\n\n{outlook_block('en')}"), "Approved."),
    ("outlook desktop fr, windows-1252", plain(f"Refusé : trop élevé\n\n{outlook_block('fr')}", charset="windows-1252"), "Refusé : trop élevé"),
    ("outlook old fr", plain(f"Refusé\n\n-----Message d'origine-----\n{outlook_block('fr')}"), "Refusé"),
    ("outlook old fr, curly apostrophe", plain(f"Refusé\n\n-----Message d’origine-----\n{outlook_block('fr')}"), "Refusé"),
    ("outlook old en", plain(f"Rejected\n\n-----Original Message-----\n{outlook_block('en')}"), "Rejected"),
    ("outlook rule fr", plain(f"OK pour moi\n\n{RULE}\n{outlook_block('fr')}"), "OK pour moi"),
    ("outlook rule en", plain(f"OK\n\n{RULE}\n\n{outlook_block('en')}"), "OK"),
    ("outlook bold header", plain("OK\n\n*De :* Entente <t@k.example>\n*Envoyé :* lundi\n*À :* Hélène\n*Objet :* Remise\n\nApprouver | Refuser"), "OK"),
    ("outlook html fr", html(f'<div class="WordSection1"><p class="MsoNormal">Approuvé</p>{OUTLOOK_HTML_FR}</div>'), "Approuvé"),
    ("outlook web html", html('<div>Approuvé, voir avec Nadia</div><div id="Signature">Hélène</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>De :</b> Entente<br><b>Envoyé :</b> lundi</div><div>Approuver</div>'), "Approuvé, voir avec Nadia"),
    ("outlook for ios fr", plain(f"Approuvé\n\nEnvoyé à partir d’Outlook pour iOS\n{RULE}\n{outlook_block('fr')}"), "Approuvé"),
    ("outlook for ios en", plain(f"Approved\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n{RULE}\n{outlook_block('en')}"), "Approved"),
    ("outlook for android fr", plain(f"Non\n\nTélécharger Outlook pour Android\n\n{outlook_block('fr')}"), "Non"),
    ("outlook mobile html", html('<div dir="auto">Oui</div><div id="ms-outlook-mobile-signature">Obtenir Outlook pour iOS</div><div id="mail-editor-reference-message-container"><div>Bonjour, Approuver</div></div>'), "Oui"),
    ("apple mail fr", plain(f"Approuvé\n\n> Le 23 nov. 2026 à 10:02, Entente <t@k.example> a écrit :\n> \n{Q}"), "Approuvé"),
    ("apple mail fr, unquoted line", plain(f"Approuvé\n\nLe 23 nov. 2026 à 10:02, Entente <t@k.example> a écrit :\n\n{Q}\n\nHélène"), "Approuvé\n\nHélène"),
    ("apple mail en", plain(f"Approved\n\n> On 23 Nov 2026, at 10:02, Entente <t@k.example> wrote:\n> \n{E}"), "Approved"),
    ("iphone fr", plain(f"Approuvé\n\nEnvoyé de mon iPhone\n\n> Le 23 nov. 2026 à 10:02, Entente <t@k.example> a écrit :\n> \n{Q}"), "Approuvé"),
    ("iphone en", plain(f"Go\n\nSent from my iPhone\n\n> On 23 Nov 2026, at 10:02, Entente <t@k.example> wrote:\n> \n{E}"), "Go"),
    ("apple mail html", html('<div>Approuvé</div><br><div><blockquote type="cite"><div>Le 23 nov. 2026 à 10:02, Entente a écrit :</div><br><div>Approuver</div></blockquote></div>'), "Approuvé"),
    ("thunderbird fr", plain(f"Approuvé\n\nLe 23/11/2026 à 10:02, Entente a écrit :\n{Q}\n", flowed=True), "Approuvé"),
    ("thunderbird fr, below the quote", plain(f"Le 23/11/2026 à 10:02, Entente a écrit :\n{Q}\n\nApprouvé\nmerci\n"), "Approuvé\nmerci"),
    ("thunderbird en, below the quote", plain(f"On 23/11/2026 10:02, Entente wrote:\n{E}\n\nRejected: too high\n-- \nJames"), "Rejected: too high"),
    ("thunderbird flowed", plain(f"Approuvé, mais \nseulement pour décembre\n\nLe 23/11/2026 à 10:02, Entente a écrit :\n{Q}", flowed=True), "Approuvé, mais seulement pour décembre"),
    ("thunderbird html", html('<p>Approuvé<br></p><div class="moz-cite-prefix">Le 23/11/2026 à 10:02, Entente a écrit :<br></div><blockquote type="cite"><p>Approuver</p></blockquote><div class="moz-signature">-- <br>Hélène</div>'), "Approuvé"),
    ("android fr", plain(f"Oui\nEnvoyé depuis mon smartphone Samsung Galaxy.\n-------- Message d'origine --------\n{outlook_block('fr')}"), "Oui"),
    ("android en", plain(f"Yes\nSent from my Galaxy\n-------- Original message --------\n{outlook_block('en')}"), "Yes"),
    ("yahoo fr", plain("D’accord\n\nLe lundi 23 novembre 2026 à 10:02:11 UTC+1, Entente <t@k.example> a écrit :\n\n\n" + "\n".join(ASKED)), "D’accord"),
    ("yahoo en html", html('<div>Agreed</div><div id="ydp1yahoo_quoted" class="yahoo_quoted"><div>On Monday, Entente wrote:</div><div>Approve</div></div>'), "Agreed"),
    ("proton", plain(f"Approved\n\nSent with Proton Mail secure email.\n\n------- Original Message -------\nOn Monday, November 23rd, 2026 at 10:02, Entente <t@k.example> wrote:\n\n{E}"), "Approved"),
    ("proton html", html('<div>Approuvé</div><div class="protonmail_signature_block">Envoyé avec Proton Mail</div><div class="protonmail_quote">Le lundi Entente a écrit :<blockquote>Approuver</blockquote></div>'), "Approuvé"),
    ("orange", plain(f"Approuvé\n\n> Message du 23/11/26 10:02\n> De : \"Entente\" <t@k.example>\n> A : helene@kervella.example\n{Q}"), "Approuvé"),
    ("zoho", plain("Approved\n\n---- On Mon, 23 Nov 2026 10:02:11 +0100 Entente <t@k.example> wrote ----\n\n" + "\n".join(ASKED_EN)), "Approved"),
    ("lotus notes like, date first", plain(f"ok\n\n2026-11-23 10:02 GMT+01:00 Entente <t@k.example>:\n\n{Q}"), "ok"),
    ("sender first", plain(f"Non\n\nEntente <t@k.example> a écrit :\n\n{Q}"), "Non"),
    ("german colleague", plain(f"ok\n\nAm 23.11.2026 um 10:02 schrieb Entente <t@k.example>:\n{Q}"), "ok"),
    ("marker, quoted in no known way", plain(f"Approuvé\n\n{MARK}\nBonjour,\nApprouver | Refuser"), "Approuvé"),
    ("nothing written above the marker", plain(f"{MARK}\nApprouver\nRefuser"), ""),
    ("quoted-printable", plain(f"Approuvé, où vous voulez\n\nLe 23/11/2026 à 10:02, Entente a écrit :\n{Q}", way="quoted-printable"), "Approuvé, où vous voulez"),
    ("base64", plain(f"Approuvé\n\nLe 23/11/2026 à 10:02, Entente a écrit :\n{Q}", way="base64"), "Approuvé"),
    ("answers between quotes", plain("Le 23/11/2026 à 10:02, Entente a écrit :\n> La remise ?\nApprouvé\n> Le délai ?\nUne semaine"), "Approuvé\nUne semaine"),
    ("both forms", html(f"<div>Approuvé</div>{GMAIL_HTML}", text=f"Approuvé\n\nLe 23/11/2026 à 10:02, Entente a écrit :\n{Q}"), "Approuvé"),
    ("not a quote: a colon at the end", plain("Le client a dit :\nApprouvé pour lui"), "Le client a dit :\nApprouvé pour lui"),
    ("not a header: two words with colons", plain("Date : 3 décembre\nÀ : Brest"), "Date : 3 décembre\nÀ : Brest"),
]  # fmt: skip
