"""Samples of a task of the worklist."""

from datetime import timedelta

from entente.interfaces.html.views import frame, tasks
from tests.interfaces.html_samples import NAMES, NEW, NOW

PANE = tasks.TaskPane(
    id="t1",
    title="Valider la remise de 14 %",
    url="/tasks/t1",
    text="Comparez avec les remises déjà accordées.",
    process="Validation de remise",
    process_url="/processes/instances/i1",
    at=NOW,
    due=NOW + timedelta(days=2),
    flag="yellow",
    about=frame.Action(label="Groupe Lisière", url="/leads/1", way="go"),
    names=NAMES,
    outcomes=(
        tasks.Outcome(key="approved", label="Approuver", tone="success", icon="check"),
        tasks.Outcome(key="rejected", label="Refuser", tone="danger", icon="x"),
    ),
    answer_url="/inbox/do/complete?ids=t1",
    errors=("Indiquez l’issue.",),
    actions=(frame.Action(label="Transmettre", url="/inbox/do/redirect?ids=t1", key="r"),),
    more=(NEW,),
    questions=(tasks.Question(text="Quelle marge reste-t-il ?", to="Question à Nadia El Fassi"),),
    progress="0 réponses sur 2",
    hands=(
        tasks.Hand(name="Hélène Marchetti", state="En attente"),
        tasks.Hand(name="James", state="Fait", hue="green"),
    ),
    history=(tasks.Deed(at=NOW, text="James a répondu.", comment="Pour cette fois"),),
)
