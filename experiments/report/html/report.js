// Tables sort by the column whose heading is clicked; without this script they are complete, in the
// order of the study. No sign of this file may be special in XML.
(function () {
  'use strict';
  function value(row, column) {
    var text = row.cells[column].textContent.trim();
    var number = parseFloat(text.replace(/^[^-+.0-9]+/, ''));
    return isNaN(number) ? text : number;
  }
  function compare(a, b) {
    var both = typeof a === 'number' ? typeof b === 'number' : false;
    if (both) return a - b;
    if (typeof a === 'number') return -1;
    if (typeof b === 'number') return 1;
    return a.localeCompare(b);
  }
  function sort(table, heading, column) {
    var up = !heading.classList.contains('up');
    var body = table.tBodies[0];
    var rows = Array.prototype.map.call(body.rows, function (row, place) {
      return { row: row, key: value(row, column), place: place };
    });
    rows.sort(function (x, y) {
      return (up ? 1 : -1) * compare(x.key, y.key) || x.place - y.place;
    });
    rows.forEach(function (item) { body.appendChild(item.row); });
    Array.prototype.forEach.call(heading.parentNode.cells, function (cell) {
      cell.classList.remove('up', 'down');
      cell.removeAttribute('aria-sort');
    });
    heading.classList.add(up ? 'up' : 'down');
    heading.setAttribute('aria-sort', up ? 'ascending' : 'descending');
  }
  document.querySelectorAll('table').forEach(function (table) {
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (heading, column) {
      var button = document.createElement('button');
      button.textContent = heading.textContent;
      button.type = 'button';
      button.addEventListener('click', function () { sort(table, heading, column); });
      heading.textContent = '';
      heading.appendChild(button);
    });
  });
})();
