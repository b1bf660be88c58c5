// Looks at a page of a report from within, as pages.sh has put it there, and says what is wrong with it in
// an element <pre id="found">, a complaint a line. Geometry is in pixels of the window.
(function () {
  'use strict';
  var found = [];
  var slack = 1.5;
  window.addEventListener('error', function (event) { say('a script failed: ' + event.message); });
  document.addEventListener('securitypolicyviolation', function (event) {
    say('the page asked for ' + event.blockedURI);
  });

  function say(text) { found.push(text); }
  function all(selector, within) {
    return Array.prototype.slice.call((within || document).querySelectorAll(selector));
  }
  function name(element) {
    return element.tagName.toLowerCase() + ' "' + element.textContent.trim().slice(0, 50) + '"';
  }
  function inside(inner, outer) {
    return inner.left >= outer.left - slack && inner.right <= outer.right + slack &&
           inner.top >= outer.top - slack && inner.bottom <= outer.bottom + slack;
  }

  // Text within its box: nothing reaches out of the page, no cell is narrower than its text; what may be
  // wider than the page scrolls in a box of its own.
  function checkBoxes() {
    var wide = document.documentElement.scrollWidth;
    if (wide > window.innerWidth) say('the page is ' + wide + ' wide in a window of ' + window.innerWidth);
    var page = document.querySelector('main').getBoundingClientRect();
    all('main h1, main h2, main h3, main p, main li, main figcaption, main .scroll, main pre')
      .forEach(function (element) {
        var box = element.getBoundingClientRect();
        if (box.left < page.left - slack || box.right > page.right + slack)
          say(name(element) + ' reaches out of the page');
        if (element.scrollWidth > element.clientWidth + slack && !element.matches('.scroll, pre'))
          say(name(element) + ' runs out of its box');
      });
    all('td, th').forEach(function (cell) {
      if (cell.scrollWidth > cell.clientWidth + slack) say(name(cell) + ' runs out of its cell');
    });
  }

  // Every drawing is there and has a size; its texts lie in it and on no other text.
  function checkDrawings() {
    all('figure svg').forEach(function (svg) {
      var box = svg.getBoundingClientRect();
      var texts = all('text', svg).filter(function (text) { return text.textContent.trim(); });
      var boxes = texts.map(function (text) { return text.getBoundingClientRect(); });
      if (box.width < 300 || box.height < 60) say('a drawing is ' + box.width + ' x ' + box.height);
      if (texts.length < 3) say('a drawing has only ' + texts.length + ' texts');
      if (!svg.querySelector('path, polygon, use')) say('a drawing is empty');
      texts.forEach(function (text, i) {
        if (!inside(boxes[i], box)) say(name(text) + ' reaches out of its drawing');
        for (var k = 0; k < i; k++) {
          var across = Math.min(boxes[i].right, boxes[k].right) - Math.max(boxes[i].left, boxes[k].left);
          var down = Math.min(boxes[i].bottom, boxes[k].bottom) - Math.max(boxes[i].top, boxes[k].top);
          if (across > slack && down > 3) say(name(text) + ' lies on ' + name(texts[k]));
        }
      });
    });
    return all('figure svg').length;
  }

  // Contrast by WCAG 2: 4.5 for text. Lines of Okabe and Ito's colours have at least 2, and a mark, a dash
  // and a name beside it.
  function channels(colour) { return colour.match(/[\d.]+/g).map(Number); }
  function luminance(rgb) {
    var linear = rgb.slice(0, 3).map(function (c) {
      c /= 255;
      return c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }
  function contrast(a, b) {
    var x = luminance(a), y = luminance(b);
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  }
  function ground(element) {
    for (; element; element = element.parentElement) {
      var colour = channels(getComputedStyle(element).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.5) return colour;
    }
    return [255, 255, 255];
  }
  function checkColours() {
    all('h1, h2, p, li, td, th, a, figcaption, pre, .v').forEach(function (element) {
      var value = contrast(channels(getComputedStyle(element).color), ground(element));
      if (value < 4.5) say(name(element) + ' has a contrast of ' + value.toFixed(2));
    });
    all('figure svg text').forEach(function (text) {
      var value = contrast(channels(getComputedStyle(text).fill), ground(text));
      if (value < 4.5) say(name(text) + ' has a contrast of ' + value.toFixed(2));
    });
    for (var k = 0; k < 8; k++) {
      var probe = document.createElement('i');
      probe.style.color = 'var(--k' + k + ')';
      document.body.appendChild(probe);
      var value = contrast(channels(getComputedStyle(probe).color), ground(document.body));
      if (value < 2) say('look ' + k + ' has a contrast of ' + value.toFixed(2));
      document.body.removeChild(probe);
    }
  }

  // A click on a heading sorts by its column; another turns the order around.
  function checkSorting() {
    var table = all('table').filter(function (t) { return t.tBodies[0].rows.length > 2; })[0];
    if (!table) return;
    var column = all('th', table).findIndex(function (th) { return th.textContent === 'ratio'; });
    if (column < 0) return;
    var button = table.tHead.rows[0].cells[column].querySelector('button');
    if (!button) { say('no heading can be clicked'); return; }
    var values = function () {
      return all('tbody tr', table).map(function (row) { return parseFloat(row.cells[column].textContent); })
        .filter(function (value) { return !isNaN(value); });
    };
    for (var sign = 1; sign >= -1; sign -= 2) {
      button.click();
      values().forEach(function (value, i, list) {
        if (i && sign * (value - list[i - 1]) < 0) say('a table is not sorted by ratio');
      });
    }
  }

  window.addEventListener('load', function () {
    checkBoxes();
    var drawings = checkDrawings();
    checkColours();
    checkSorting();
    checkBoxes();
    var result = document.createElement('pre');
    result.id = 'found';
    result.textContent = ['LOOKED', 'drawings ' + drawings, 'width ' + window.innerWidth,
      'dark ' + matchMedia('(prefers-color-scheme: dark)').matches].concat(found).join('\n') + '\nDONE';
    document.body.appendChild(result);
  });
})();
