"""Who plays: the people of the invented company."""

NAMES = {
    "admin": "Yann Kervella",
    "helene.marchetti": "Hélène Marchetti",
    "james.faircloth": "James Faircloth",
    "nadia.elfassi": "Nadia El Fassi",
    "maelle.guivarch": "Maëlle Guivarch",
    "bastien.orsini": "Bastien Orsini",
    "clemence.vautrin": "Clémence Vautrin",
    "sofiane.belkacem": "Sofiane Belkacem",
    "odile.tanguy": "Odile Tanguy",
}

# login: job title, roles, unit, team, language, capacity
CAST: dict[str, tuple[str, str, str, str | None, str, int | None]] = {
    "admin": ("Administrateur du CRM", "administrator", "root", None, "fr", None),
    "helene.marchetti": ("Directrice commerciale", "sales_manager", "root", None, "fr", 20),
    "james.faircloth": ("Ingénieur commercial", "salesperson", "commerce", "west", "en", 45),
    "nadia.elfassi": ("Ingénieure commerciale", "salesperson", "commerce", "paris", "fr", 45),
    "maelle.guivarch": ("Chargée d’affaires", "salesperson", "commerce", "west", "fr", 40),
    "bastien.orsini": ("Chargé d’affaires", "salesperson", "commerce", "paris", "fr", 40),
    "clemence.vautrin": ("Responsable marketing", "marketing", "marketing", None, "fr", None),
    "sofiane.belkacem": ("Technicien support", "service_agent", "service", "support", "fr", None),
    "odile.tanguy": ("Contrôleuse de gestion", "read_only", "root", None, "fr", None),
}
