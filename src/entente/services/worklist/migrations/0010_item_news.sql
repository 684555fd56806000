-- Items that came into somebody's hands and of which he was not told by e-mail yet; plain tasks tell of themselves.
CREATE TABLE {schema}.work_item_news (
  item uuid PRIMARY KEY,
  task uuid NOT NULL REFERENCES {schema}.work_task ON DELETE CASCADE
);
CREATE INDEX work_item_news_task ON {schema}.work_item_news (task);
CREATE FUNCTION {schema}.work_item_is_news() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO {schema}.work_item_news VALUES (NEW.id, NEW.task);
  RETURN NULL;
END $$;
CREATE TRIGGER work_item_news AFTER INSERT ON {schema}.work_item FOR EACH ROW
  WHEN (NEW.origin <> 'record' AND NEW.state = 'available') EXECUTE FUNCTION {schema}.work_item_is_news();
