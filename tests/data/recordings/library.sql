-- What the recording sqlite3-library.kmt.zst was made of: a small lending library in memory, filled, indexed, asked,
-- changed and thinned out. Every value is computed, so that each recording of it does the same work.
create table book(id integer primary key, title text, author text, year integer, shelf text);
create table loan(id integer primary key, book integer, reader text, due text);

with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000)
insert into book select i, 'Title ' || (i * 7919 % 30011) || substr('abcdefghijklmnopqrstuvwxyz', 1, i % 26),
                        'Author ' || (i * 104729 % 997), 1900 + i % 120, char(65 + i % 26) || (i % 400) from n;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 40000)
insert into loan select i, i * 31 % 30000 + 1, 'Reader ' || (i * 613 % 4999), date('2026-01-01', (i % 365) || ' days')
    from n;

create index book_author on book(author, year);
create index book_title on book(title);
create index loan_book on loan(book);

select author, count(*), min(year) from book group by author having count(*) > 32 order by 2 desc, 1 limit 20;
select b.title, l.reader, l.due from loan l join book b on b.id = l.book where b.author = 'Author 7' order by l.due limit 50;
select shelf, group_concat(title, ', ') from book where year = 1969 group by shelf limit 40;

update book set title = upper(title) where year between 1950 and 1979;
delete from loan where due < '2026-07-01';
select count(*), (select count(distinct reader) from loan) from loan;
drop index book_title;
delete from book where id % 3 = 0;
vacuum;
select substr(title, 1, 9) as head, count(*) from book group by head order by 2 desc, 1 limit 20;
