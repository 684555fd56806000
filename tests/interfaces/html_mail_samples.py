"""Samples of the pages of mails."""

from datetime import UTC, datetime

from entente.interfaces.html.views import mail

RECEIVED = mail.ReceivedMail(
    id="r1",
    sender="helene@kervella.example",
    subject="Re: Remise",
    at=datetime(2026, 11, 23, 12, tzinfo=UTC),
    state="refused",
    state_label="Refusé",
    reason="Le serveur de messagerie n’a pas pu confirmer l’expéditeur.",
    url="/outbox/received/r1",
)
INCOMING = mail.IncomingView(
    title="Courrier entrant",
    mails=(RECEIVED,),
    opened=mail.OpenedMail(
        mail=RECEIVED,
        answer="Approuvé",
        quoted="> Bonjour",
        facts=(("Première ligne", "Approuvé"),),
        headers="From: helene@kervella.example",
    ),
    faults=("La boîte ne peut pas être lue",),
)
BUTTON = mail.ButtonView(
    title="Remise de 12 %",
    text="Vous allez répondre « Approuver » au nom d’Hélène.",
    url="/m/t",
    submit="Approuver",
    comment_label="Commentaire",
    open_url="/tasks/1",
    open_label="Ouvrir",
)
